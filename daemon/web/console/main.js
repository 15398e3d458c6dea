// SPDX-License-Identifier: BSD-2-Clause
// main.js - the operator's console.
const info = await (await fetch('/v1/info')).json();
document.getElementById('state').textContent = `version ${info.server.tuan_version}`;
