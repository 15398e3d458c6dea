/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/console.h"

#include <string.h>

#include "base/embed.h"

extern const struct embedded_folder console_pages;

static const char policy[] =
    "Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'\r\n"
    "Referrer-Policy: no-referrer\r\n"
    "Cross-Origin-Opener-Policy: same-origin\r\n"
    "Cross-Origin-Resource-Policy: same-origin\r\n";

static struct tuan_str str(const char *text)
{
    return (struct tuan_str){text, (uint32_t)strlen(text)};
}

/* "/" is the one page, the rest is what it loads. */
static const struct embedded_file *find(struct tuan_str path)
{
    static const struct tuan_str folder = {"/console/", 9};
    struct tuan_str name = {"index.html", 10};

    if (!tuan_str_equal(path, TUAN_STR("/"))) {
        if (path.len <= folder.len || memcmp(path.ptr, folder.ptr, folder.len) != 0) return NULL;
        name = (struct tuan_str){path.ptr + folder.len, path.len - folder.len};
    }
    for (size_t i = 0; i < console_pages.count; i++)
        if (tuan_str_equal(str(console_pages.files[i].path), name)) return &console_pages.files[i];
    return NULL;
}

bool console_run(const struct http_call *call, const struct tuan_http_request *request)
{
    const struct embedded_file *file = find(request->path);

    if (file == NULL) return false;
    struct http_answer answer = {.status = 200,
                                 .type = file->type,
                                 .body = {(const char *)file->data, (uint32_t)file->len},
                                 .etag = str(file->etag),
                                 .is_revalidated = true,
                                 .fields = policy};
    if (request->if_none_match.ptr != NULL &&
        tuan_http_names_etag(request->if_none_match, answer.etag)) {
        answer.status = 304;
        answer.type = NULL;
        answer.body.len = 0;
    }
    http_answer(call, &answer, NULL);
    return true;
}
