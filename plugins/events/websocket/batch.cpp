#include "batch.hpp"

#include <algorithm>

#include "catch_up_budget.hpp"

namespace paynamed::websocket {
namespace {

constexpr char kFinalText = static_cast<char>(0x81);

void append_number(std::string& out, std::uint64_t value, int bytes) {
  for (int shift = (bytes - 1) * 8; shift >= 0; shift -= 8)
    out += static_cast<char>(static_cast<unsigned char>(value >> shift));
}

}  // namespace

Batch::~Batch() {
  if (budget_) budget_->give_back(bytes_.size());
}

void Batch::charge(std::shared_ptr<CatchUpBudget> budget) {
  budget_ = std::move(budget);
  budget_->take(bytes_.size());
}

void Batch::add_text(std::initializer_list<std::string_view> parts) {
  std::size_t size = 0;
  for (const std::string_view part : parts) size += part.size();
  bytes_.reserve(bytes_.size() + size + 10);
  bytes_ += kFinalText;
  if (size < 126) {
    append_number(bytes_, size, 1);
  } else if (size < 65'536) {
    append_number(bytes_, 126, 1);
    append_number(bytes_, size, 2);
  } else {
    append_number(bytes_, 127, 1);
    append_number(bytes_, size, 8);
  }
  for (const std::string_view part : parts) bytes_ += part;
  ends_.push_back(static_cast<std::uint32_t>(bytes_.size()));
}

void Batch::add_frame(std::string_view frame) {
  bytes_ += frame;
  ends_.push_back(static_cast<std::uint32_t>(bytes_.size()));
}

std::uint32_t Batch::end_at(std::uint32_t at) const {
  if (at == 0) return 0;
  return *std::ranges::lower_bound(ends_, at);
}

Slice whole(SharedBatch batch) {
  const auto end = static_cast<std::uint32_t>(batch->size());
  return {std::move(batch), 0, end};
}

Slice frames_of(const SharedBatch& batch, std::size_t from, std::size_t to) {
  return {batch, batch->begin_of(from), batch->begin_of(to)};
}

Slice text_slice(std::string_view text) {
  const boost::intrusive_ptr<Batch> batch(new Batch);
  batch->add_text({text});
  return whole(batch);
}

}  // namespace paynamed::websocket
