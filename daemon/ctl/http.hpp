// HttpConnection: HTTP/1.1 to the daemon, over TLS with verification for https.
//
// Threads: one at a time.
#pragma once

#include "ctl/connection.hpp"
#include "ctl/url.hpp"

namespace paynamed::ctl {

class HttpConnection final : public Connection {
 public:
  // `key` is the API key; empty for none.
  HttpConnection(Url url, std::string key) : url_(std::move(url)), key_(std::move(key)) {}
  base::Result<HttpReply> send(const HttpCall& call) override;
  // A connection takes one call after the other.
  std::vector<base::Result<HttpReply>> send_all(const std::vector<HttpCall>& calls,
                                                std::size_t at_once) override;

 private:
  const Url url_;
  const std::string key_;
};

}  // namespace paynamed::ctl
