// FanoutClient: thousands of WebSocket connections in one thread, as cheap as they can be made: epoll, one
// buffer, frames counted where they lie. What it measures is the server.
//
// It looks for two members in each text message: "n", a number that grows by one, by which it knows what was
// lost, and "t", the nanoseconds of CLOCK_MONOTONIC at which the event was published.
//
// Threads: one thread.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace paynamed::bench {

class FanoutClient {
 public:
  struct Wish {
    std::uint16_t port = 0;
    std::string request;  // the whole HTTP request of connection `index`
    // Sent when the upgrade is done; empty: nothing. Connection is open when something was answered that has
    // `answer` in it.
    std::string message;
    std::string answer;
    std::uint64_t seen = 0;  // the "n" that it has seen last
  };
  FanoutClient();
  ~FanoutClient();
  FanoutClient(const FanoutClient&) = delete;
  FanoutClient& operator=(const FanoutClient&) = delete;

  // Opens `count` connections, at most 256 on their way at once. A refused one is tried again. Throws when
  // that takes longer than a minute.
  void open(std::size_t count, const std::function<Wish(std::size_t index)>& wish);
  // Reads until every connection has seen `n`; false when nothing came for 20 seconds.
  bool read_until(std::uint64_t n);
  // Reads for so long.
  void read_for(double seconds);
  void close_all();

  // Since the last forget(), of all connections.
  std::uint64_t messages() const { return messages_; }
  std::uint64_t bytes() const { return bytes_; }
  std::uint64_t lost() const { return lost_; }      // an "n" that was not the one after the last
  std::uint64_t closed() const { return closed_; }  // connections that the server ended
  std::vector<double>& latencies_ms() { return latencies_ms_; }
  void forget();
  // Of this process, so far, in seconds.
  static double cpu_seconds();

 private:
  struct Connection;
  bool step(int wait_ms);  // false: nothing happened in time
  void begin(Connection& connection);
  void ready(Connection& connection, std::uint32_t events);
  void take(Connection& connection, const char* data, std::size_t size);
  void frame(Connection& connection, unsigned opcode, const char* payload, std::size_t size,
             std::uint64_t now_ns);
  void drop(Connection& connection);

  int epoll_ = -1;
  std::vector<Connection> connections_;
  std::vector<char> buffer_;
  std::vector<Wish> wishes_;
  std::size_t opening_ = 0;
  std::size_t open_ = 0;
  std::uint64_t messages_ = 0;
  std::uint64_t bytes_ = 0;
  std::uint64_t lost_ = 0;
  std::uint64_t closed_ = 0;
  std::uint64_t target_ = 0;
  std::size_t at_target_ = 0;
  std::vector<double> latencies_ms_;
};

std::uint64_t monotonic_ns();

}  // namespace paynamed::bench
