/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/auth.h"

#include <string.h>

#include "base/mem.h"

enum { TOKENS_MAX = 1024, LINE_MAX_LEN = 512 };

struct token {
    struct digest digest;
    enum tuan_role role;
    char name[AUTH_NAME_MAX + 1];
};

struct auth {
    size_t count;
    struct token tokens[TOKENS_MAX];
};

static enum tuan_role find_role(const char *word)
{
    static const struct {
        const char *word;
        enum tuan_role role;
    } roles[] = {
        {"read", TUAN_ROLE_READ}, {"client", TUAN_ROLE_CLIENT}, {"operator", TUAN_ROLE_OPERATOR}};

    for (size_t i = 0; i < sizeof roles / sizeof roles[0]; i++)
        if (strcmp(roles[i].word, word) == 0) return roles[i].role;
    return TUAN_ROLE_ANY;
}

/* False with a word about what is wrong. */
static bool read_token(char *line, struct token *out, const char **wrong)
{
    char *rest = NULL;
    char *role = strtok_r(line, " \t\r\n", &rest);
    char *hex = strtok_r(NULL, " \t\r\n", &rest);
    char *name = strtok_r(NULL, " \t\r\n", &rest);

    if (name == NULL || strtok_r(NULL, " \t\r\n", &rest) != NULL)
        *wrong = "a line is `role sha256hex name`";
    else if ((out->role = find_role(role)) == TUAN_ROLE_ANY)
        *wrong = "the role is read, client or operator";
    else if (!digest_parse(hex, strlen(hex), &out->digest))
        *wrong = "the digest is 64 hexadecimal digits (printf %s TOKEN | sha256sum)";
    else if (strlen(name) > AUTH_NAME_MAX)
        *wrong = "the name is longer than 64 bytes";
    else {
        memcpy(out->name, name, strlen(name) + 1);
        return true;
    }
    return false;
}

static bool read_tokens(struct auth *auth, FILE *file, const char *path,
                        struct options_fault *fault)
{
    char line[LINE_MAX_LEN];
    const char *wrong;

    for (int number = 1; options_next_line(file, line, sizeof line, &wrong); number++) {
        char *start = line + strspn(line, " \t\r\n");
        if (wrong == NULL && (*start == '#' || *start == '\0')) continue;
        if (wrong == NULL && auth->count == TOKENS_MAX) wrong = "more than 1024 tokens";
        if (wrong != NULL || !read_token(start, &auth->tokens[auth->count], &wrong))
            return options_fail(fault, "%s:%d: %s", path, number, wrong);
        auth->count++;
    }
    return auth->count > 0 || options_fail(fault, "%s: holds no token", path);
}

struct auth *auth_open(const char *path, struct options_fault *fault)
{
    struct auth *auth = mem_zalloc(sizeof *auth);

    if (path[0] == '\0') return auth;
    FILE *file = options_open_secret(path, fault);
    bool is_good = file != NULL && read_tokens(auth, file, path, fault);
    if (file != NULL) fclose(file);
    if (is_good) return auth;
    auth_close(auth);
    return NULL;
}

void auth_close(struct auth *auth)
{
    mem_free(auth);
}

bool auth_is_needed(const struct auth *auth)
{
    return auth->count > 0;
}

static bool fits_name(const struct token *token, struct tuan_str name)
{
    static const char any[] = "default";

    if (name.len == 0 || (name.len == sizeof any - 1 && memcmp(name.ptr, any, name.len) == 0))
        return true;
    return strlen(token->name) == name.len && memcmp(token->name, name.ptr, name.len) == 0;
}

enum tuan_role auth_check(const struct auth *auth, struct tuan_str name, struct tuan_str token,
                          const char **found_name)
{
    enum tuan_role role = TUAN_ROLE_ANY;
    struct digest digest;

    digest_make(token.len == 0 ? "" : token.ptr, token.len, &digest);
    for (size_t i = 0; i < auth->count; i++) {
        bool is_it = digest_equal(&auth->tokens[i].digest, &digest);
        if (is_it & fits_name(&auth->tokens[i], name)) {
            role = auth->tokens[i].role;
            *found_name = auth->tokens[i].name;
        }
    }
    return role;
}

bool auth_holds(const struct auth *auth, const struct digest *digest, const char *name,
                enum tuan_role role)
{
    for (size_t i = 0; i < auth->count; i++) {
        const struct token *token = &auth->tokens[i];
        if (digest_equal(&token->digest, digest) && token->role == role &&
            strcmp(token->name, name) == 0)
            return true;
    }
    return false;
}
