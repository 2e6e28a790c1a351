// Outbox: what a client has not been sent yet, in order. It holds slices of shared frames, so what waits
// costs little; bytes() is what the client would have to read.
//
// Threads: of one worker.
#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "batch.hpp"

namespace paynamed::websocket {

class Outbox {
 public:
  void push(Slice slice);
  bool empty() const { return bytes_ == 0; }
  std::size_t bytes() const { return bytes_; }

  // The first bytes as buffers, at most as many as `out` has; how many there are.
  std::size_t gather(std::span<iovec> out) const;
  // The first bytes, at most `most`, taken out.
  std::string take(std::size_t most);
  // They are sent.
  void consume(std::size_t bytes);
  // Leaves only the rest of a frame that is sent in part, so that another frame may follow.
  void drop_unsent();

 private:
  void shrink();

  std::vector<Slice> slices_;
  std::size_t first_ = 0;  // of slices_ that is not sent
  std::size_t bytes_ = 0;
};

}  // namespace paynamed::websocket
