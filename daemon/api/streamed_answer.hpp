// Answers that go on: a head at once, then a body piece by piece until either side ends it.
//
// Threads: a body is written by the one coroutine that makes it; `last_words` comes from any thread.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <variant>

#include "api/message.hpp"

namespace paynamed::api {

// Where the pieces of a body go.
class BodyWriter {
 public:
  virtual ~BodyWriter() = default;
  // True once the caller's socket has taken all of it: whoever reads slowly holds its writer here, and no
  // more than one piece is kept. False when it never will: the caller is gone, did not read for too long, or
  // the answer was ended from outside. Nothing can be written after that.
  virtual boost::asio::awaitable<bool> write(std::string bytes) = 0;
  // Nothing can be written any more, because the answer was ended from outside. From any thread.
  virtual bool ended() const = 0;
};

struct StreamedAnswer {
  Response head;  // its body is not sent
  // Writes the body; the answer ends when it returns.
  std::function<boost::asio::awaitable<void>(std::shared_ptr<BodyWriter>)> body;
  // What is written last when the daemon stops; `streams` end at that moment.
  std::function<std::string(std::size_t streams)> last_words;
};

// Either what goes on, or an ordinary answer: a refusal.
using Opened = std::variant<Response, StreamedAnswer>;

}  // namespace paynamed::api
