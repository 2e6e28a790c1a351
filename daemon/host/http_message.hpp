// From the messages of pn.http/1 to what the HTTP client sends, and back. Requests are plugins' and so not
// trusted.
//
// Threads: pure functions; TrustMemory locks itself.
#pragma once

#include <paynamed/plugin/v1/http.pb.h>

#include <string>
#include <vector>

#include "base/result.hpp"
#include "host/http_budgets.hpp"
#include "net/https_client.hpp"
#include "net/trust_memory.hpp"

namespace paynamed::host {

// What may be said of a request: no headers, no query, no body.
struct HttpPlace {
  std::string method;
  std::string host;
  std::string path;
};

struct CheckedHttpRequest {
  net::HttpRequest request;
  HttpPlace place;
  std::vector<BudgetShare> budgets;
};

// INVALID_ARGUMENT when it cannot be sent as it is; the sentence has nothing of the query or the headers.
base::Result<CheckedHttpRequest> check_http_request(const plugin::v1::HttpRequest& message,
                                                    net::TrustMemory& trust);

// What Check says of the request's URL: its normal form, or why it must not be called in a sentence for
// whoever wrote it.
base::Result<std::string> check_http_url(const plugin::v1::HttpRequest& message);

// A key is text of 1 to 200 bytes without control characters.
base::Status check_budget_key(const std::string& key);

// The answer as bytes of an HttpReply, or the status that http.proto has for how it ended.
base::Result<std::string> to_http_reply(net::HttpOutcome outcome);

}  // namespace paynamed::host
