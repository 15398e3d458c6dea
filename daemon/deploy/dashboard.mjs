// SPDX-License-Identifier: BSD-2-Clause
// dashboard.mjs [FILE] - write tuan.dashboard.json, a Grafana dashboard, from the rows below. Edit here, never there:
//   node daemon/deploy/dashboard.mjs daemon/deploy/tuan.dashboard.json
//
// A row of panels: [title, width of 24, unit, what it tells, [expression, legend]…]. A metric stands alone in the text; `of` gives it the
// variables job and instance, and `rate` the interval that Grafana finds right.
import {writeFileSync} from 'node:fs';

const chosen = 'job="tuan",instance=~"$instance"';
const of = (name, labels = '') => `${name}{${chosen}${labels && `,${labels}`}}`;
const rate = (name, labels) => `rate(${of(name, labels)}[$__rate_interval])`;
const sum = (by, what) => (by ? `sum by (${by}) (${what})` : `sum(${what})`);
const quantile = (q, name, by = '') => `histogram_quantile(${q}, ${sum(by ? `${by}, le` : 'le', rate(`${name}_bucket`))})`;
const mean = (name) => `${sum('', rate(`${name}_sum`))} / ${sum('', rate(`${name}_count`))}`;

const rows = {
  'Overview': [
    ['Serving', 4, 'bool', 'Recovered, the mirror takes writes, not draining: the least of all instances.', [`min(${of('tuan_ready')})`, 'ready']],
    ['Rooms open', 4, 'short', '', [sum('', of('tuan_rooms', 'state="open"')), 'open']],
    ['Seats asked for', 4, 'reqps', 'ROOM.OPEN, .JOIN and .MATCH.', [sum('', rate('tuan_joins_total')), 'joins']],
    ['Rooms that form', 4, 'percentunit', 'Of those that end; rooms merged into others are not counted.',
      [`${sum('', rate('tuan_rooms_ended_total', 'outcome="formed"'))} / ${sum('', rate('tuan_rooms_ended_total', 'reason!="merged_away"'))}`, 'formed']],
    ['Refunds owed', 4, 'short', 'To be done by the payment system, which then says so.', [sum('', of('tuan_refunds_open')), 'open']],
    ['Up since', 4, 's', '', [`min(${of('tuan_uptime_seconds')})`, 'uptime']],
    ['Requests', 12, 'reqps', 'By command; what the web port reads, too.', [sum('op', rate('tuan_requests_total')), '{{op}}']],
    ['Refusals', 12, 'reqps', 'Of all ports, by code.', [`${sum('code', rate('tuan_errors_total'))} > 0`, '{{code}}']],
  ],
  'Matching': [
    ['Rooms', 8, 'short', 'In memory, by state.', [sum('state', of('tuan_rooms')), '{{state}}']],
    ['Free seats', 8, 'short', 'Of open rooms: what shoppers could still take.', [sum('', of('tuan_seats_open')), 'free']],
    ['Rooms opened and ended', 8, 'ops', '', [sum('', rate('tuan_rooms_opened_total')), 'opened'],
      [sum('outcome, reason', rate('tuan_rooms_ended_total')), '{{outcome}}: {{reason}}']],
    ['What those got who asked for a seat', 8, 'reqps', '', [sum('result', rate('tuan_joins_total')), '{{result}}']],
    ['How long rooms take to fill', 8, 's', 'From opening to forming.', [quantile(0.5, 'tuan_room_fill_seconds'), 'half'], [quantile(0.95, 'tuan_room_fill_seconds'), '95 %']],
    ['How long a shopper waits', 8, 's', 'From his seat to the forming of the room.', [quantile(0.5, 'tuan_match_wait_seconds'), 'half'], [quantile(0.95, 'tuan_match_wait_seconds'), '95 %']],
    ['How late deadlines are kept', 8, 's', 'From a room\'s deadline to its end by it.', [quantile(0.5, 'tuan_expiry_lag_seconds'), 'half'], [quantile(0.99, 'tuan_expiry_lag_seconds'), '99 %']],
    ['Seats', 8, 'ops', '', [sum('', rate('tuan_seats_taken_total')), 'taken'], [sum('', rate('tuan_seats_paid_total')), 'paid'],
      [sum('reason', rate('tuan_seats_released_total')), 'given back: {{reason}}']],
    ['Seats of a formed room', 8, 'short', 'Paid ones.', [mean('tuan_room_formed_seats'), 'mean']],
    ['Refunds', 8, 'ops', '', [sum('reason', rate('tuan_refunds_due_total')), 'due: {{reason}}'], [sum('', rate('tuan_refunds_acknowledged_total')), 'done']],
  ],
  'Latency': [
    ['Requests', 12, 's', 'From the turn that read a request to the one that let its answer go.',
      ...[[0.5, 'half'], [0.99, '99 %'], [0.999, '99.9 %']].map(([q, legend]) => [quantile(q, 'tuan_request_duration_seconds'), legend])],
    ['By command, 99 %', 12, 's', '', [quantile(0.99, 'tuan_request_duration_seconds', 'op'), '{{op}}']],
    ['Where the time goes', 12, 's', 'Seconds a second, all requests together: store is waiting for the mirror.', [sum('phase', rate('tuan_request_phase_seconds_total')), '{{phase}}']],
    ['The loop is busy', 6, 'percentunit', 'Of the one thread\'s time.', [rate('tuan_loop_busy_seconds_total'), '{{instance}}']],
    ['How late the loop\'s timer fires', 6, 's', 'What an event waits for those before it, 99 %.', [quantile(0.99, 'tuan_loop_lag_seconds'), '99 %']],
    ['Turns of the loop', 12, 'ops', '', [rate('tuan_loop_iterations_total'), '{{instance}}']],
    ['Slow requests', 12, 'reqps', 'Longer than slowlog.slower_than_ms: SLOWLOG GET has the last.', [sum('', rate('tuan_slow_requests_total')), 'slow']],
  ],
  'Storefront': [
    ['HTTP answers', 8, 'reqps', '', [sum('result', rate('tuan_http_responses_total')), '{{result}}']],
    ['Answers without a body', 8, 'percentunit', 'Nothing had changed: tags and `since` do their work.',
      [`${sum('', rate('tuan_http_responses_total', 'result=~"not_modified|unchanged_since"'))} / ${sum('', rate('tuan_http_requests_total'))}`, 'of all']],
    ['Bodies made', 8, 'ops', 'All others were kept ready.', [sum('', rate('tuan_http_room_renders_total')), 'made']],
    ['Who waits for changes', 8, 'short', '', [sum('', of('tuan_http_long_polls')), 'long polls'], [sum('', of('tuan_http_streams')), 'event streams'], [sum('', of('tuan_watches')), 'of all ports']],
    ['Changes still to be told', 8, 'short', 'Not committed yet, or watchers in line: grows while the mirror stands still.', [sum('', of('tuan_notification_queue')), 'to be told']],
    ['Changes told', 8, 'ops', 'gap: a slow reader was told that he missed some.', [sum('channel, result', rate('tuan_notifications_total')), '{{channel}}: {{result}}']],
  ],
  'Mirror': [
    ['Takes writes', 4, 'bool', '', [`min(${of('tuan_mirror_up')})`, 'up']],
    ['Acknowledged and lost', 4, 'short', 'Batches that Redis lost and that could not be given back. Anything but 0 is a disaster.', [sum('', of('tuan_mirror_lost_acks_total')), 'batches']],
    ['Oldest unanswered batch', 8, 's', '', [`max(${of('tuan_mirror_oldest_unacked_seconds')})`, 'age']],
    ['Since the last commit', 8, 's', '', [`${of('tuan_clock_seconds')} - ${of('tuan_mirror_last_commit_timestamp_seconds')}`, '{{instance}}']],
    ['How long replies waited for it', 8, 's', '', [quantile(0.5, 'tuan_mirror_wait_seconds'), 'half'], [quantile(0.99, 'tuan_mirror_wait_seconds'), '99 %']],
    ['How long Redis takes', 8, 's', 'From giving a request to the socket to its answer, 99 %.', [quantile(0.99, 'tuan_mirror_request_duration_seconds', 'op'), '{{op}}']],
    ['Batches', 8, 'ops', '', [sum('', rate('tuan_mirror_batches_total')), 'sent'], [sum('', rate('tuan_mirror_commits_total')), 'committed']],
    ['Facts in a batch', 8, 'short', 'Grows with load: many commands share one write.', [`${sum('', rate('tuan_facts_total'))} / ${sum('', rate('tuan_mirror_batches_total'))}`, 'mean']],
    ['Bytes', 8, 'Bps', '', [sum('', rate('tuan_mirror_batch_bytes_total')), 'sent']],
    ['Bytes not committed', 8, 'bytes', 'Sent and unanswered, or kept until Redis is there. With mirror.ack = memory this is what a crash may lose.', [sum('', of('tuan_mirror_flight_bytes')), 'not committed']],
    ['Replies that wait', 8, 'short', 'At this moment.', [sum('', of('tuan_replies_parked')), 'replies']],
    ['Replies that had to wait', 8, 'ops', 'Given up: answered UNKNOWN or MIRROR_DOWN.', [sum('', rate('tuan_replies_parked_total')), 'all'], [sum('', rate('tuan_replies_given_up_total')), 'given up']],
    ['Records not in the snapshot', 8, 'short', '', [sum('', of('tuan_mirror_dirty_records')), 'to be stored']],
    ['Snapshot', 8, 'ops', '', [sum('', rate('tuan_mirror_records_stored_total')), 'records'], [sum('', rate('tuan_mirror_slices_total')), 'slices']],
    ['Trouble', 8, 'ops', '', [sum('reason', rate('tuan_mirror_errors_total')), '{{reason}}'], [sum('', rate('tuan_mirror_reconnects_total')), 'connected anew'], [sum('', rate('tuan_mirror_resends_total')), 'sent again'],
      [sum('', rate('tuan_mirror_repaired_total')), 'repaired'], [sum('', rate('tuan_mirror_events_refused_total')), 'feed refused']],
  ],
  'Process': [
    ['Memory', 8, 'bytes', '', [of('tuan_memory_resident_bytes'), 'resident'], [of('tuan_memory_allocated_bytes'), 'allocated'],
      [of('tuan_memory_engine_bytes'), 'rooms, seats and indexes'], [of('tuan_memory_limit_bytes'), 'limit']],
    ['CPU', 8, 'percentunit', 'Of one core; tuand uses no more.', [rate('process_cpu_seconds_total'), '{{instance}}']],
    ['What is kept', 8, 'short', '', ...['seats', 'orders', 'users', 'refunds', 'campaigns'].map((name) => [sum('', of(`tuan_${name}`)), name])],
    ['Deadlines ahead', 8, 'short', 'What will end by itself.', [sum('part', of('tuan_timers')), '{{part}}']],
    ['Connections', 8, 'short', '', [sum('proto', of('tuan_connections')), '{{proto}}'], [sum('', of('tuan_connections_blocked')), 'waiting for the mirror'], [sum('', of('tuan_connections_limit')), 'limit']],
    ['Connections made and ended', 8, 'ops', '', [sum('', rate('tuan_connections_total')), 'made'], [sum('reason', rate('tuan_connections_rejected_total')), 'refused: {{reason}}'],
      [sum('reason', rate('tuan_connections_closed_total')), 'closed: {{reason}}'], [sum('', rate('tuan_accept_pauses_total')), 'accept paused']],
    ['Bytes', 8, 'Bps', '', [sum('proto', rate('tuan_net_receive_bytes_total')), '{{proto}} in'], [sum('proto', rate('tuan_net_transmit_bytes_total')), '{{proto}} out']],
    ['Bytes that clients have not read', 8, 'bytes', '', [sum('', of('tuan_output_buffer_bytes')), 'unsent']],
    ['Broken or hostile clients', 8, 'ops', '', [sum('proto, reason', rate('tuan_protocol_errors_total')), '{{proto}}: {{reason}}'], [sum('', rate('tuan_auth_failures_total')), 'wrong tokens'],
      [sum('', rate('tuan_notifications_refused_total')), 'one-way calls refused'], [sum('', rate('tuan_reads_paused_total')), 'reading paused']],
    ['Descriptors', 8, 'short', '', [of('process_open_fds'), 'open'], [of('process_max_fds'), 'most']],
    ['Log lines', 8, 'ops', '', [sum('level', rate('tuan_log_messages_total')), '{{level}}']],
    ['What runs', 16, 'short', '', [sum('instance, version, revision, libevent, jemalloc', of('tuan_build_info')), '{{instance}}: {{version}} {{revision}}, libevent {{libevent}}, jemalloc {{jemalloc}}']],
    ['The last start', 8, 's', 'Until it served.', [of('tuan_recovery_duration_seconds'), '{{instance}}']],
    ['Rooms at the last start', 8, 'short', '', [of('tuan_recovery_rooms'), '{{instance}}']],
  ],
};

// ---- as Grafana has it ----

const datasource = {type: 'prometheus', uid: '${DS}'};
const SMALL = 4;

function panelOf([title, width, unit, description, ...targets], id, place) {
  const is_figure = width <= SMALL;
  return {
    id, title, ...(description && {description}), datasource, type: is_figure ? 'stat' : 'timeseries',
    gridPos: {...place, w: width, h: is_figure ? 4 : 8},
    fieldConfig: {defaults: {unit, ...(unit === 'percentunit' && {min: 0}), ...(!is_figure && {custom: {fillOpacity: 8, showPoints: 'never'}})}, overrides: []},
    options: is_figure ? {colorMode: 'none', reduceOptions: {calcs: ['lastNotNull']}} : {tooltip: {mode: 'multi', sort: 'desc'}, legend: {displayMode: 'list', placement: 'bottom'}},
    targets: targets.map(([expr, legendFormat], i) => ({refId: String.fromCharCode(65 + i), datasource, expr, legendFormat})),
  };
}

function layOut() {
  const panels = [];
  let y = 0;
  for (const [title, row] of Object.entries(rows)) {
    panels.push({id: panels.length + 1, title, type: 'row', collapsed: false, gridPos: {x: 0, y: y++, w: 24, h: 1}, panels: []});
    let x = 0, height = 0;
    for (const panel of row) {
      if (x + panel[1] > 24) [x, y, height] = [0, y + height, 0];
      panels.push(panelOf(panel, panels.length + 1, {x, y}));
      x += panel[1];
      height = Math.max(height, panels.at(-1).gridPos.h);
    }
    y += height;
  }
  return panels;
}

export const dashboard = {
  uid: 'tuan', title: 'tuan', tags: ['tuan'], description: 'The matching daemon for group buying: see README.md of daemon/deploy.',
  schemaVersion: 36, version: 1, editable: true, refresh: '10s', time: {from: 'now-1h', to: 'now'}, timezone: 'browser', graphTooltip: 1,
  templating: {list: [
    {name: 'DS', label: 'Prometheus', type: 'datasource', query: 'prometheus', hide: 0},
    {name: 'instance', label: 'Instance', type: 'query', datasource, query: {query: 'label_values(tuan_build_info{job="tuan"}, instance)', refId: 'instance'},
      refresh: 2, includeAll: true, allValue: '.*', multi: true, current: {selected: true, text: 'All', value: '$__all'}, sort: 1},
  ]},
  panels: layOut(),
};
// A panel a line.
export const text = `${JSON.stringify({...dashboard, panels: []}, null, 1).replace('"panels": []', () =>
  `"panels": [\n${dashboard.panels.map((panel) => `  ${JSON.stringify(panel)}`).join(',\n')}\n ]`)}\n`;

if (process.argv[1] === new URL(import.meta.url).pathname) {
  if (process.argv[2]) writeFileSync(process.argv[2], text);
  else process.stdout.write(text);
}
