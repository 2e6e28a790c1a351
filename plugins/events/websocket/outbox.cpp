#include "outbox.hpp"

#include <algorithm>
#include <utility>

namespace paynamed::websocket {
namespace {

// What an idle client keeps, in slices.
constexpr std::size_t kKept = 2;

}  // namespace

void Outbox::push(Slice slice) {
  if (slice.size() == 0) return;
  bytes_ += slice.size();
  // What follows what waits, in the same batch, is one slice with it.
  if (first_ < slices_.size() && slices_.back().batch == slice.batch && slices_.back().end == slice.begin) {
    slices_.back().end = slice.end;
    return;
  }
  slices_.push_back(std::move(slice));
}

std::size_t Outbox::gather(std::span<iovec> out) const {
  std::size_t count = 0;
  for (std::size_t at = first_; at < slices_.size() && count < out.size(); ++at, ++count) {
    const Slice& slice = slices_[at];
    // sendmsg() takes pointers to what it only reads.
    out[count] = {const_cast<char*>(slice.batch->data() + slice.begin), slice.size()};
  }
  return count;
}

std::string Outbox::take(std::size_t most) {
  std::string out;
  std::size_t size = 0;
  for (std::size_t at = first_; at < slices_.size() && size < most; ++at) {
    const Slice& slice = slices_[at];
    const std::size_t part = std::min(slice.size(), most - size);
    out.append(slice.batch->data() + slice.begin, part);
    size += part;
  }
  consume(size);
  return out;
}

void Outbox::consume(std::size_t bytes) {
  bytes_ -= bytes;
  while (bytes > 0) {
    Slice& slice = slices_[first_];
    const std::size_t part = std::min(slice.size(), bytes);
    slice.begin += static_cast<std::uint32_t>(part);
    bytes -= part;
    if (slice.size() == 0) {
      slice.batch.reset();
      ++first_;
    }
  }
  shrink();
}

void Outbox::drop_unsent() {
  if (first_ >= slices_.size()) return;
  Slice front = slices_[first_];
  front.end = front.batch->end_at(front.begin);
  slices_.clear();
  first_ = 0;
  bytes_ = 0;
  push(std::move(front));
}

void Outbox::shrink() {
  if (first_ == slices_.size()) {
    slices_.clear();
    first_ = 0;
    if (slices_.capacity() > kKept) std::vector<Slice>().swap(slices_);
  } else if (first_ > 64 && first_ * 2 > slices_.size()) {
    slices_.erase(slices_.begin(), slices_.begin() + static_cast<std::ptrdiff_t>(first_));
    first_ = 0;
  }
}

}  // namespace paynamed::websocket
