// ServerUrl: where the API of one server is, and the addresses of its resources.
//
// Threads: a value type.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace paynamed::powerdns {

class ServerUrl {
 public:
  // `url` as configured: "http://127.0.0.1:8081", maybe with a path in front of the API's. Nothing when it is
  // not http or https, or has a user, a query or a fragment.
  static std::optional<ServerUrl> parse(const std::string& url, std::string_view server_id);

  bool plain() const { return plain_; }  // http
  bool loopback() const { return loopback_; }
  const std::string& text() const { return text_; }  // as configured, without a final slash

  std::string zone(std::string_view zone) const;  // without its records
  std::string whole_zone(std::string_view zone) const;
  std::string name_in_zone(std::string_view zone, std::string_view name) const;
  std::string keys_of(std::string_view zone) const;

 private:
  std::string zone_resource(std::string_view zone) const;

  std::string text_;
  std::string server_;
  bool plain_ = false;
  bool loopback_ = false;
};

}  // namespace paynamed::powerdns
