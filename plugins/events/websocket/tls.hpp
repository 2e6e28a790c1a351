// Tls: the server's certificate, read again when its files change, so that a renewed one needs no restart.
//
// Threads: one at a time.
#pragma once

#include <sys/stat.h>

#include <boost/asio/ssl/context.hpp>
#include <memory>
#include <optional>
#include <string>

#include "paynamed/host.hpp"

namespace paynamed::websocket {

class Tls {
 public:
  Tls(Host host, std::string certificate, std::string key);

  // For a new connection. While changed files cannot be used the ones before stay, with a line in the log.
  // Throws Error (FAILED_PRECONDITION) when there never were good ones.
  std::shared_ptr<boost::asio::ssl::context> context();

 private:
  struct Version {
    std::int64_t certificate_ns = 0;
    std::int64_t key_ns = 0;
    ino_t certificate_inode = 0;
    ino_t key_inode = 0;
    friend bool operator==(const Version&, const Version&) = default;
  };
  Version version() const;
  std::shared_ptr<boost::asio::ssl::context> load() const;

  const Host host_;
  const std::string certificate_;
  const std::string key_;
  std::shared_ptr<boost::asio::ssl::context> context_;
  std::optional<Version> tried_;
};

}  // namespace paynamed::websocket
