/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool parse_port(const char *text, in_port_t *out)
{
    char *end;

    if (*text < '0' || *text > '9') return false;
    unsigned long port = strtoul(text, &end, 10);
    if (*end != '\0' || port > 65535) return false;
    *out = htons((in_port_t)port);
    return true;
}

bool address_parse(const char *text, struct sockaddr_storage *out, socklen_t *out_size)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
    char host[64];
    const char *colon = strrchr(text, ':');
    size_t len = colon == NULL ? 0 : (size_t)(colon - text);

    if (len == 0 || len >= sizeof host) return false;
    memcpy(host, text, len);
    host[len] = '\0';
    memset(out, 0, sizeof *out);
    if (strcmp(host, "localhost") == 0) snprintf(host, sizeof host, "127.0.0.1");
    if (inet_pton(AF_INET, host, &v4.sin_addr) == 1 && parse_port(colon + 1, &v4.sin_port)) {
        memcpy(out, &v4, sizeof v4);
        *out_size = sizeof v4;
        return true;
    }
    if (host[0] != '[' || host[len - 1] != ']') return false;
    host[len - 1] = '\0';
    if (inet_pton(AF_INET6, host + 1, &v6.sin6_addr) != 1 || !parse_port(colon + 1, &v6.sin6_port))
        return false;
    memcpy(out, &v6, sizeof v6);
    *out_size = sizeof v6;
    return true;
}

void address_print(const struct sockaddr *address, char *out, size_t size)
{
    char host[INET6_ADDRSTRLEN] = "?";
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;

    if (address->sa_family == AF_INET) {
        memcpy(&v4, address, sizeof v4);
        inet_ntop(AF_INET, &v4.sin_addr, host, sizeof host);
        snprintf(out, size, "%s:%u", host, ntohs(v4.sin_port));
    } else if (address->sa_family == AF_INET6) {
        memcpy(&v6, address, sizeof v6);
        inet_ntop(AF_INET6, &v6.sin6_addr, host, sizeof host);
        snprintf(out, size, "[%s]:%u", host, ntohs(v6.sin6_port));
    } else {
        snprintf(out, size, "?");
    }
}

bool address_is_loopback(const struct sockaddr_storage *address)
{
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;

    if (address->ss_family == AF_INET) {
        memcpy(&v4, address, sizeof v4);
        return ntohl(v4.sin_addr.s_addr) >> 24 == 127;
    }
    memcpy(&v6, address, sizeof v6);
    return IN6_IS_ADDR_LOOPBACK(&v6.sin6_addr);
}
