/* SPDX-License-Identifier: BSD-2-Clause */
/* What an operator writes: the configuration (first byte even), the tokens (odd), the command line
 * and the environment ('-'; words end with a zero byte, those with a capital first are variables).
 * A refusal is one line that names the place; what is accepted is written out and read back to the
 * same. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/address.h"
#include "daemon/auth.h"
#include "daemon/options.h"
#include "tests/fuzz/fuzz.h"

enum { PATH_SIZE = 64, WORDS_MAX = 32, NAME_SIZE = 128 };

/* A file without a name on any disk. */
static int make_file(const void *bytes, size_t size, char path[PATH_SIZE])
{
    int fd = memfd_create("fuzz", MFD_CLOEXEC);

    assert(fd >= 0 && write(fd, bytes, size) == (ssize_t)size && fchmod(fd, 0600) == 0);
    snprintf(path, PATH_SIZE, "/proc/self/fd/%d", fd);
    return fd;
}

static void check_refusal(const struct options_fault *fault, const char *path)
{
    size_t len = strlen(path);

    assert(strncmp(fault->text, path, len) == 0 && fault->text[len] == ':');
    assert(strlen(fault->text) > len + 2 && strlen(fault->text) < sizeof fault->text);
}

/* What is printed of an address is the address. */
static void check_address(const char *text)
{
    struct sockaddr_storage address, again;
    socklen_t size, size_again;
    char name[NAME_SIZE];

    if (!address_parse(text, &address, &size)) return;
    address_print((const struct sockaddr *)&address, name, sizeof name);
    assert(address_parse(name, &again, &size_again) && size == size_again);
    assert(memcmp(&address, &again, size) == 0);
}

/* Every value is in its row's range, and its dump says the same. */
static void check_options(const struct options *options)
{
    char path[PATH_SIZE];
    char *text = NULL;
    size_t len = 0;
    struct options again;
    struct options_fault fault;
    FILE *out = open_memstream(&text, &len);

    assert(out != NULL);
    options_dump(options, out);
    fclose(out);
    int fd = make_file(text, len, path);
    options_init(&again);
    bool is_read = options_read_file(&again, path, &fault);
    if (!is_read) fprintf(stderr, "%s\n%s", fault.text, text);
    assert(is_read);
    for (int id = 0; id < OPTION_COUNT; id++)
        assert(options_equal(options, &again, (enum option)id));
    check_address(options->rpc);
    (void)options_check(options, &fault);
    close(fd);
    free(text);
}

static void read_options(const char *path)
{
    struct options options;
    struct options_fault fault = {""};

    options_init(&options);
    if (options_read_file(&options, path, &fault))
        check_options(&options);
    else
        check_refusal(&fault, path);
}

static void read_tokens(const char *path)
{
    struct options_fault fault = {""};
    const char *name = NULL;
    struct digest digest;
    struct auth *auth = auth_open(path, &fault);

    if (auth == NULL) {
        check_refusal(&fault, path);
        return;
    }
    assert(auth_is_needed(auth));
    enum tuan_role role =
        auth_check(auth, (struct tuan_str){"someone", 7}, (struct tuan_str){"guess", 5}, &name);
    assert((role == TUAN_ROLE_ANY) == (name == NULL));
    assert(name == NULL || strcmp(name, "someone") == 0);
    digest_make("guess", 5, &digest);
    assert(auth_holds(auth, &digest, "someone", role) == (role != TUAN_ROLE_ANY));
    auth_close(auth);
}

static bool is_one_line(const char *text)
{
    return text[0] != '\0' && strpbrk(text, "\r\n") == NULL;
}

static void read_words(const uint8_t *data, size_t size)
{
    char *bytes = malloc(size + 1);
    char *argv[WORDS_MAX + 1] = {"tuand"}, *environment[WORDS_MAX + 1] = {NULL};
    int argc = 1, variables = 0;
    struct options options;
    struct options_line line = {OPTIONS_RUN, false};
    struct options_fault fault = {""};

    assert(bytes != NULL);
    memcpy(bytes, data, size);
    bytes[size] = '\0';
    for (char *word = bytes; word < bytes + size; word += strlen(word) + 1) {
        bool is_variable = *word >= 'A' && *word <= 'Z';
        if (is_variable && variables < WORDS_MAX) environment[variables++] = word;
        if (!is_variable && argc < WORDS_MAX) argv[argc++] = word;
    }
    options_init(&options);
    if (options_read_environment(&options, environment, &fault) &&
        options_read_flags(&options, argc, argv, &line, &fault))
        check_options(&options);
    else
        assert(is_one_line(fault.text));
    free(bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[PATH_SIZE];

    if (size == 0) return 0;
    if (data[0] == '-') {
        read_words(data + 1, size - 1);
        return 0;
    }
    int fd = make_file(data + 1, size - 1, path);
    if (data[0] % 2 == 0)
        read_options(path);
    else
        read_tokens(path);
    close(fd);
    return 0;
}
