#include "page.hpp"

#include "protocol.hpp"

namespace paynamed::websocket {
namespace {

// The header of a frame, and what stands around an event's text.
constexpr std::size_t kAroundText = 40;

}  // namespace

std::size_t PageFrames::bytes() {
  if (bytes_ == 0) {
    for (const ServedEvent& event : page_->reply.events()) bytes_ += event.text().size() + kAroundText;
  }
  return bytes_;
}

const SharedBatch& PageFrames::all(std::uint32_t number) {
  if (by_number_.size() <= number) by_number_.resize(number + 1);
  SharedBatch& made = by_number_[number];
  if (!made) {
    const boost::intrusive_ptr<Batch> batch(new Batch);
    const std::string prefix = event_prefix(number);
    for (const ServedEvent& event : page_->reply.events()) batch->add_text({prefix, event.text(), "}"});
    if (budget_) batch->charge(budget_);
    made = batch;
  }
  return made;
}

std::vector<Slice> PageFrames::wanted(std::uint32_t number, std::size_t first, const Filter& filter,
                                      const Filter& scope, bool alone) {
  std::vector<Slice> slices;
  if (first >= page_->size()) return slices;
  if (filter.takes_all() && scope.takes_all()) {
    slices.push_back(frames_of(all(number), first, page_->size()));
    return slices;
  }
  const auto wants = [&](const ServedEvent& event) {
    return filter.matches(event.type(), event.name()) && scope.matches(event.type(), event.name());
  };
  if (alone) {
    const boost::intrusive_ptr<Batch> batch(new Batch);
    const std::string prefix = event_prefix(number);
    for (std::size_t i = first; i < page_->size(); ++i) {
      if (wants(page_->event(i))) batch->add_text({prefix, page_->event(i).text(), "}"});
    }
    if (budget_) batch->charge(budget_);
    if (batch->frames() > 0) slices.push_back(whole(batch));
    return slices;
  }
  for (std::size_t i = first; i < page_->size(); ++i) {
    if (!wants(page_->event(i))) continue;
    Slice slice = frames_of(all(number), i, i + 1);
    if (!slices.empty() && slices.back().end == slice.begin) {
      slices.back().end = slice.end;
    } else {
      slices.push_back(std::move(slice));
    }
  }
  return slices;
}

}  // namespace paynamed::websocket
