/* paynamed/abi.h - the whole binary contract between the daemon and a plugin. C11 and C++20, nothing else included.
 *
 * A module is a shared object that exports one function, paynamed_module(). Everything that a contract says travels as
 * protobuf bytes through `call`; what stands here is the frame around it and does not change.
 *
 * Growth. Every struct starts with its `size` as its maker knew it. New members are appended; a member is used only if
 * offsetof + sizeof <= size (PN_HAS). Another abi_major is refused, a lower abi_minor is adapted to. What a released
 * member means never changes. pn_bytes and pn_label are frozen: they appear in arrays or by value.
 *
 * Threads. Every function carries one of these marks:
 *   [load]        before any instance exists; once per process.
 *   [strand]      never two at a time for one instance, in order; not always the same OS thread. Must return within
 *                 1 second and must not wait for anything: a strand that is held is reported as `blocked`.
 *   [any-thread]  at any time from any thread, also from within another call.
 *
 * Memory. Nobody frees what the other side made. Arguments are borrowed: valid until the function returns, so the
 * receiver copies what it keeps. Text is UTF-8 without a terminating zero unless it is a `const char *`.
 *
 * Errors. No C++ exception, no longjmp and no exit() crosses this border in either direction. */
#ifndef PAYNAMED_ABI_H
#define PAYNAMED_ABI_H

#include <stddef.h>
#include <stdint.h>

#define PN_ABI_MAJOR 1
#define PN_ABI_MINOR 1 /* 1: pn_call_info.priority */
#define PN_SYMBOL "paynamed_module"

/* Does `*object` of `type` have `member`, that is, was its maker new enough to know it? */
#define PN_HAS(type, object, member) \
  (offsetof(type, member) + sizeof((object)->member) <= (object)->size)

#ifdef __cplusplus
extern "C" {
#endif

typedef struct pn_instance pn_instance; /* a configured plugin; the module's own type behind it */

typedef struct pn_bytes {
  const char* data; /* may be NULL if size is 0 */
  size_t size;
} pn_bytes;

/* How a call ended: the codes of gRPC, and what the daemon does with each when a step of a pipeline gets it. */
enum {
  PN_OK = 0,                 /* done; the reply is used */
  PN_CANCELLED = 1,          /* transient: tried again with the same key */
  PN_UNKNOWN = 2,            /* outcome unknown: tried again with the same key; Pay: only LookupPayment decides */
  PN_INVALID_ARGUMENT = 3,   /* ends the step; the sentence is shown to whoever asked */
  PN_DEADLINE_EXCEEDED = 4,  /* outcome unknown, as 2 */
  PN_NOT_FOUND = 5,          /* ends the step; an undo pauses, but of an offer or a node it means that none is left */
  PN_ALREADY_EXISTS = 6,     /* transient: a reply with the same key should have been the first one's */
  PN_PERMISSION_DENIED = 7,  /* ends the step; an operator must give rights */
  PN_RESOURCE_EXHAUSTED = 8, /* transient, not before retry_after_ms, and with it no attempt is used */
  PN_FAILED_PRECONDITION = 9,/* ends the step */
  PN_ABORTED = 10,           /* a compare-and-set was lost: the daemon reads again and retries */
  PN_OUT_OF_RANGE = 11,      /* transient */
  PN_UNIMPLEMENTED = 12,     /* transient; a pipeline that needs the method is refused at load where it can be known */
  PN_INTERNAL = 13,          /* outcome unknown, as 2; also what the daemon makes of a malformed reply */
  PN_UNAVAILABLE = 14,       /* transient: surely nothing was changed */
  PN_DATA_LOSS = 15,         /* transient */
  PN_UNAUTHENTICATED = 16    /* pauses the run at once: an operator must mend the credentials */
};

typedef struct pn_status {
  uint32_t size;
  int32_t code;            /* PN_...; any other number counts as PN_UNKNOWN */
  uint32_t retry_after_ms; /* 0: no wish */
  uint32_t reserved;       /* 0 */
  pn_bytes message;        /* one sentence: what happened and what to do; may be shown to callers of the API */
  pn_bytes detail;         /* more, for operators only */
} pn_status;

/* The answer to one call, exactly once. `reply` is empty unless the code is PN_OK. */
typedef void (*pn_done)(void* done_ctx, const pn_status* status, pn_bytes reply);

/* Who waits for the answer. What shares a limit lets interactive calls go first. */
enum { PN_INTERACTIVE = 0 /* somebody */, PN_BACKGROUND = 1 /* nobody in particular: bulk work, repairs, looks */ };

typedef struct pn_call_info {
  uint32_t size;
  uint32_t timeout_ms;      /* from now; 0: none */
  uint64_t call_id;         /* unique among the calls of one direction of one instance; never 0 */
  pn_bytes idempotency_key; /* the same for every attempt at the same thing; empty for reading methods */
  pn_bytes correlation_id;  /* joins log lines of one request; may be empty */
  pn_bytes traceparent;     /* W3C trace context; may be empty */
  uint32_t priority;        /* since 1.1: PN_INTERACTIVE, PN_BACKGROUND; any other number counts as PN_INTERACTIVE */
  uint32_t reserved;        /* 0 */
} pn_call_info;

typedef struct pn_time {
  uint32_t size;
  uint32_t reserved;    /* 0 */
  int64_t wall_ms;      /* UTC, milliseconds since 1970 */
  int64_t monotonic_ns; /* never steps back; its zero means nothing */
} pn_time;

typedef struct pn_label {
  pn_bytes name;
  pn_bytes value;
} pn_label;

enum { PN_LOG_TRACE = 0, PN_LOG_DEBUG = 1, PN_LOG_INFO = 2, PN_LOG_WARNING = 3, PN_LOG_ERROR = 4 };
enum { PN_COUNTER = 0 /* adds */, PN_GAUGE = 1 /* sets */, PN_HISTOGRAM = 2 /* observes, in seconds or bytes */ };

/* What the daemon lends to one instance. Owned by the daemon, valid until destroy() has returned. */
typedef struct pn_host {
  uint32_t size;
  uint16_t abi_major, abi_minor; /* the daemon's */
  void* ctx;                     /* the first argument of every function below */

  /* [any-thread] One line. `call_id` joins it to a call of the daemon's; 0 for none. Long lines are cut. */
  void (*log)(void* ctx, int32_t level, uint64_t call_id, pn_bytes message);

  /* [any-thread] Names are [a-z0-9_]; the number of names and label values per instance is bounded, the rest counts
   * under "other". */
  void (*metric)(void* ctx, int32_t kind, pn_bytes name, const pn_label* labels, size_t label_count, double value);

  /* [any-thread] The time of the daemon; virtual in the test host. Fills what out->size has room for. */
  void (*now)(void* ctx, pn_time* out);

  /* [any-thread] Runs `run` on [strand] exactly once: with due = 1 after `delay_ms`, or with due = 0 when the instance
   * has stopped before; then it only frees `arg`. */
  void (*after)(void* ctx, uint32_t delay_ms, void (*run)(void* arg, int32_t due), void* arg);

  /* [any-thread] Something that operators may want to follow, as the event plugin.<type> with a JSON object. Best
   * effort: may be dropped. Never money, never a fact that anybody relies on. */
  void (*observe)(void* ctx, pn_bytes type, pn_bytes json);

  /* [any-thread] Calls a service of the daemon, for example "pn.secret/1" "Read". `done` comes on [strand], never from
   * within this function, and at the latest before destroy(). PN_UNIMPLEMENTED for a service that it does not have.
   * The plugin chooses info->call_id. */
  void (*call)(void* ctx, const pn_call_info* info, const char* service, const char* method, pn_bytes request,
               pn_done done, void* done_ctx);
} pn_host;

/* What a module is. Static and constant. */
typedef struct pn_module {
  uint32_t size;
  uint16_t abi_major, abi_minor; /* PN_ABI_MAJOR, PN_ABI_MINOR of the header it was compiled with */
  const char* name;              /* [a-z0-9_-], equal to the file's name without .so */
  const char* version;           /* for people and for the records of what did what */
  const char* contract;          /* "paynamed.plugin.v1.DnsProvider" */
  const char* config_schema;     /* JSON Schema (draft-07) of the instance's table; the daemon checks before create */

  /* [strand] Makes an instance from its table as JSON, or calls `failed` once and returns NULL. No I/O here. */
  pn_instance* (*create)(const pn_host* host, pn_bytes config_json, pn_done failed, void* failed_ctx);

  /* [strand] Answers through `done` exactly once, from any thread, now or later. An unknown method gives
   * PN_UNIMPLEMENTED. A `done` that comes again, or after stop is done, is ignored and counted against the plugin. */
  void (*call)(pn_instance* instance, const pn_call_info* info, const char* method, pn_bytes request, pn_done done,
               void* done_ctx);

  /* [strand] Nobody waits for this call's answer any more. A hint: `done` is still owed. */
  void (*cancel)(pn_instance* instance, uint64_t call_id);

  /* [strand] Once. No call follows. Ends open calls, joins the plugin's own threads, then `done`; pn_host still works. */
  void (*stop)(pn_instance* instance, pn_done done, void* done_ctx);

  /* [strand] Once, the last thing. Only after the `done` of stop. */
  void (*destroy)(pn_instance* instance);
} pn_module;

/* [load] The only exported symbol. */
#if defined(__GNUC__)
__attribute__((visibility("default")))
#endif
const pn_module* paynamed_module(void);

#ifdef __cplusplus
}
#endif
#endif /* PAYNAMED_ABI_H */
