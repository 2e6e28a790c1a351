// StreamedBody: the body of one answer that goes on, between who writes it, the connection, and a daemon that
// stops.
//
// Threads: write() by one coroutine, end() from any thread.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "api/streamed_answer.hpp"

namespace paynamed::api {

// The connection's side. `then` is called once, from any thread: true when the socket has taken the bytes.
// One that is dropped instead counts as false.
struct BodyOutput {
  using Then = std::function<void(bool taken)>;
  std::function<void(std::string bytes, Then then)> write;
  std::function<void(std::string last, Then then)> end;  // nothing comes after it
};

class StreamedBody final : public BodyWriter {
 public:
  explicit StreamedBody(BodyOutput output) : output_(std::move(output)) {}

  boost::asio::awaitable<bool> write(std::string bytes) override;
  bool ended() const override;

  // Ends the answer after `last`; the first call counts. A write that waits goes on waiting, and is the last.
  // `then` is called once the end was written, or never will be; inside this call, too.
  void end(std::string last, std::function<void()> then);

 private:
  mutable std::mutex mutex_;
  BodyOutput output_;   // guarded by mutex_; nothing once it ended
  bool ended_ = false;  // guarded by mutex_
};

}  // namespace paynamed::api
