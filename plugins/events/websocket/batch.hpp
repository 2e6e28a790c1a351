// Batch: whole frames of a WebSocket server, encoded once and sent to many. Slice: a part of one that begins
// and ends where frames do.
//
// Threads: a Batch belongs to one worker thread; its count of holders is not atomic. Before it is shared it
// is filled, afterwards constant.
#pragma once

#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <boost/smart_ptr/intrusive_ref_counter.hpp>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace paynamed::websocket {

class CatchUpBudget;

class Batch : public boost::intrusive_ref_counter<Batch, boost::thread_unsafe_counter> {
 public:
  Batch() = default;
  ~Batch();
  Batch(const Batch&) = delete;
  Batch& operator=(const Batch&) = delete;

  // A text message in one frame (RFC 6455 section 5.2): its payload is all parts, one after the other.
  void add_text(std::initializer_list<std::string_view> parts);
  // A frame that is one already.
  void add_frame(std::string_view frame);
  // It is full, and counts there for as long as it lives.
  void charge(std::shared_ptr<CatchUpBudget> budget);

  std::size_t frames() const { return ends_.size(); }
  std::size_t size() const { return bytes_.size(); }
  const char* data() const { return bytes_.data(); }
  // Where frame `index` begins; frames(): the end.
  std::uint32_t begin_of(std::size_t index) const { return index == 0 ? 0 : ends_[index - 1]; }
  // The end of the frame that has the byte before `at`, so `at` itself when a frame ends there.
  std::uint32_t end_at(std::uint32_t at) const;

 private:
  std::string bytes_;
  std::vector<std::uint32_t> ends_;
  std::shared_ptr<CatchUpBudget> budget_;  // null: what is new
};

using SharedBatch = boost::intrusive_ptr<const Batch>;

struct Slice {
  SharedBatch batch;
  std::uint32_t begin = 0;
  std::uint32_t end = 0;

  std::size_t size() const { return end - begin; }
};

// All of it.
Slice whole(SharedBatch batch);
// Frames [from, to).
Slice frames_of(const SharedBatch& batch, std::size_t from, std::size_t to);
// A batch of one text message.
Slice text_slice(std::string_view text);

}  // namespace paynamed::websocket
