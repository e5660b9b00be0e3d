/* A fast engine for benchmarks: answers at once, or streams server-sent events at a fixed rate.
 *
 *   mock_engine PORT
 *
 * /health, /v1/models and anything else: 200 with a small JSON body, after the request's body was read.
 * /v1/stream/COUNT: COUNT chunks, one each 5 ms, in time with all other streams.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#define MAX_FD 20000
#define HEAD_SIZE 8192

struct connection {
    char head[HEAD_SIZE];
    int filled;
    long body_left;
    int chunks_left; /* of a stream; 0 when none runs */
    int stream_after_body;
};

static struct connection *connections[MAX_FD];
static int streams[MAX_FD], stream_count;
static int epoll;

static const char reply[] =
    "HTTP/1.1 200 OK\r\nserver: mock\r\ncontent-type: application/json\r\ncontent-length: 82\r\n\r\n"
    "{\"choices\":[{\"message\":{\"content\":\"hello world, this is a mock\"}}],\"usage\":null}\n ";
static const char stream_head[] =
    "HTTP/1.1 200 OK\r\nserver: mock\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
static const char chunk[] =
    "5d\r\ndata: {\"id\":\"cmpl-1\",\"object\":\"chunk\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\" token\"}}]}\n\n\r\n";

static void end_connection(int fd) {
    free(connections[fd]);
    connections[fd] = NULL;
    for (int i = 0; i < stream_count; i++)
        if (streams[i] == fd) {
            streams[i--] = streams[--stream_count];
        }
    close(fd);
}

static void answer(int fd, struct connection *c) {
    if (c->stream_after_body) {
        c->chunks_left = c->stream_after_body;
        c->stream_after_body = 0;
        streams[stream_count++] = fd;
        send(fd, stream_head, sizeof stream_head - 1, MSG_NOSIGNAL);
    } else {
        send(fd, reply, sizeof reply - 1, MSG_NOSIGNAL);
    }
}

static void take_heads(int fd, struct connection *c) {
    for (;;) {
        char *end = memmem(c->head, c->filled, "\r\n\r\n", 4);
        if (!end) return;
        *end = 0;
        char *length = strcasestr(c->head, "\r\ncontent-length:");
        c->body_left = length ? atol(length + 17) : 0;
        char *stream = strstr(c->head, " /v1/stream/");
        c->stream_after_body = stream ? atoi(stream + 12) : 0;
        int used = (int)(end + 4 - c->head), rest = c->filled - used;
        int of_body = rest < c->body_left ? rest : (int)c->body_left;
        c->body_left -= of_body;
        memmove(c->head, c->head + used + of_body, rest - of_body);
        c->filled = rest - of_body;
        if (c->body_left) return;
        answer(fd, c);
    }
}

static void readable(int fd) {
    static char scratch[1 << 18];
    struct connection *c = connections[fd];
    if (c->body_left) {
        long want = c->body_left < (long)sizeof scratch ? c->body_left : (long)sizeof scratch;
        ssize_t got = recv(fd, scratch, want, 0);
        if (got <= 0) {
            if (got == 0 || errno != EAGAIN) end_connection(fd);
            return;
        }
        c->body_left -= got;
        if (!c->body_left) answer(fd, c);
        return;
    }
    ssize_t got = recv(fd, c->head + c->filled, HEAD_SIZE - 1 - c->filled, 0);
    if (got <= 0) {
        if (got == 0 || errno != EAGAIN) end_connection(fd);
        return;
    }
    c->filled += (int)got;
    take_heads(fd, c);
}

static void tick(void) {
    for (int i = stream_count - 1; i >= 0; i--) {
        int fd = streams[i];
        struct connection *c = connections[fd];
        send(fd, chunk, sizeof chunk - 1, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (--c->chunks_left == 0) {
            send(fd, "0\r\n\r\n", 5, MSG_NOSIGNAL);
            streams[i] = streams[--stream_count];
        }
    }
}

static void watch(int fd) {
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
}

static int listen_on(int port) {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), on = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(fd, (struct sockaddr *)&address, sizeof address) || listen(fd, 4096)) {
        perror("mock_engine");
        exit(1);
    }
    return fd;
}

int main(int count, char **words) {
    int listener = listen_on(count > 1 ? atoi(words[1]) : 8000), on = 1;
    int timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
    struct itimerspec each = {{0, 5000000}, {0, 5000000}};
    timerfd_settime(timer, 0, &each, NULL);
    epoll = epoll_create1(0);
    watch(listener);
    watch(timer);
    struct epoll_event events[256];
    for (;;) {
        int ready = epoll_wait(epoll, events, 256, -1);
        for (int i = 0; i < ready; i++) {
            int fd = events[i].data.fd;
            uint64_t ticks;
            if (fd == timer) {
                if (read(timer, &ticks, sizeof ticks) > 0)
                    while (ticks--) tick();
            } else if (fd == listener) {
                int client = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
                if (client < 0 || client >= MAX_FD) continue;
                setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
                connections[client] = calloc(1, sizeof(struct connection));
                watch(client);
            } else if (connections[fd]) {
                readable(fd);
            }
        }
    }
}
