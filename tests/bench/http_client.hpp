// HttpClient: one HTTP/1.1 connection to a paynamed on this machine, kept open.
//
// Threads: one thread at a time; calls block.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cstdint>
#include <filesystem>
#include <string>

namespace paynamed::bench {

class Child;

class HttpClient {
 public:
  struct Reply {
    int status = 0;
    std::string body;
  };

  // Throws when nobody listens.
  HttpClient(std::uint16_t port, std::string key);
  Reply get(const std::string& path);
  Reply post(const std::string& path, const std::string& json);
  // A request whose answer comes later: receive() it before the next one.
  void send(const std::string& method, const std::string& path, const std::string& json = {});
  Reply receive();

 private:
  boost::asio::io_context io_;
  boost::asio::ip::tcp::socket socket_;
  const std::string key_;
  std::string bytes_;
};

std::uint16_t free_port();

// Returns at the first 200 of GET /readyz; throws, naming `log`, when `daemon` ends or takes 30 s.
void wait_until_ready(Child& daemon, std::uint16_t port, const std::filesystem::path& log);

}  // namespace paynamed::bench
