/* SPDX-License-Identifier: BSD-2-Clause */
/* list.h - intrusive, circular, doubly linked list.
 *
 * One struct is both the head of a list and the link inside an element; container_of() leads from
 * the link to the element. The list owns nothing. A head must be initialised; a link must be
 * initialised only if list_is_linked() or list_remove() may be asked before the first push.
 */
#ifndef TUAN_BASE_LIST_H
#define TUAN_BASE_LIST_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>

struct list {
    struct list *next;
    struct list *prev;
};

/* The element of type `type` whose field `member` is at `ptr`. */
#define container_of(ptr, type, member) ((type *)(void *)((char *)(ptr)-offsetof(type, member)))

/* Walk from head to tail with a fresh `struct list *link`. The body may remove `link` itself from
 * the list, and nothing else. */
#define list_for_each(link, head)                                                                  \
    for (struct list *link = (head)->next, *link##_next = link->next; link != (head);              \
         link = link##_next, link##_next = link->next)

static inline void list_init(struct list *list)
{
    list->next = list;
    list->prev = list;
}

static inline void list_insert_between(struct list *link, struct list *prev, struct list *next)
{
    assert(prev->next == next && next->prev == prev);
    link->next = next;
    link->prev = prev;
    prev->next = link;
    next->prev = link;
}

static inline void list_push_head(struct list *head, struct list *link)
{
    list_insert_between(link, head, head->next);
}

static inline void list_push_tail(struct list *head, struct list *link)
{
    list_insert_between(link, head->prev, head);
}

/* Take `link` out of the list it is in; it can be pushed, asked or removed again at once. */
static inline void list_remove(struct list *link)
{
    assert(link->next->prev == link && link->prev->next == link);
    link->next->prev = link->prev;
    link->prev->next = link->next;
    list_init(link);
}

static inline bool list_is_empty(const struct list *head)
{
    return head->next == head;
}

static inline bool list_is_linked(const struct list *link)
{
    return link->next != link;
}

/* The first link, still in the list; NULL when the list is empty. */
static inline struct list *list_first(const struct list *head)
{
    return list_is_empty(head) ? NULL : head->next;
}

/* The first link, taken out; NULL when the list is empty. */
static inline struct list *list_pop_head(struct list *head)
{
    struct list *link = list_first(head);

    if (link != NULL) list_remove(link);
    return link;
}

/* ---- a list whose head is one pointer: where heads are many and nobody asks for the tail ---- */

struct thin_list {
    struct thin_link *first; /* NULL: it is empty */
};

struct thin_link {
    struct thin_link *next;
    struct thin_link **at; /* what points at this link */
};

/* Walk from the first to the last. The body may remove any link but `link`. */
#define thin_for_each(link, list)                                                                  \
    for (struct thin_link *link = (list)->first; link != NULL; link = link->next)

/* Before what *at points at: &list->first, or the `next` of a link. */
static inline void thin_insert(struct thin_link **at, struct thin_link *link)
{
    *link = (struct thin_link){.next = *at, .at = at};
    if (*at != NULL) (*at)->at = &link->next;
    *at = link;
}

static inline void thin_remove(struct thin_link *link)
{
    assert(*link->at == link);
    *link->at = link->next;
    if (link->next != NULL) link->next->at = link->at;
}

#endif
