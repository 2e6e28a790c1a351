#include "replacement.hpp"

#include <algorithm>

#include "refusal.hpp"
#include "txt_value.hpp"

namespace paynamed::route53 {
namespace {

// Reading and being refused in turn: somebody else writes there all the time.
constexpr int kMostRejections = 4;

std::vector<std::string> sorted(std::vector<std::string> values) {
  std::sort(values.begin(), values.end());
  return values;
}

std::string quoted(const std::string& message) {
  std::string text = message.substr(0, 300);
  std::replace_if(
      text.begin(), text.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; }, ' ');
  return text;
}

}  // namespace

std::optional<std::vector<std::string>> joined_values(const RecordSet& set) {
  std::vector<std::string> values;
  for (const auto& text : set.values) {
    auto joined = join_txt(text);
    if (!joined) return std::nullopt;
    values.push_back(*std::move(joined));
  }
  return values;
}

void Replacement::run(std::shared_ptr<Zone> zone, Wish wish, const Call& call, Then then) {
  std::make_shared<Replacement>(std::move(zone), std::move(wish), call, std::move(then))->start();
}

void Replacement::start() {
  if (wish_.expected.empty()) return submit(nullptr);
  const RecordSet* known = zone_->known.find(wish_.name);
  const auto values = known == nullptr ? std::nullopt : joined_values(*known);
  if (values && sorted(*values) == sorted(wish_.expected) && !stands_already(known, *values))
    return submit(known);
  look();
}

void Replacement::look() {
  zone_->reader.read(wish_.name, call_, [self = shared_from_this()](Result<std::vector<RecordSet>> sets) {
    if (!sets.ok()) return self->then_(sets.error());
    self->examine(*sets);
  });
}

void Replacement::examine(const std::vector<RecordSet>& sets) {
  const RecordSet* found = nullptr;
  for (const auto& set : sets) {
    if (set.type == "CNAME") {
      return then_(Error(Code::kFailedPrecondition, wish_.name + " has a CNAME; remove it from the zone."));
    }
    if (set.type != "TXT") continue;
    if (!set.identifier.empty() || set.alias) {
      return then_(Error(Code::kFailedPrecondition,
                         wish_.name + " has TXT records of a routing policy or an alias, which are "
                                      "not one answer for all; remove them from the zone."));
    }
    found = &set;
  }
  const auto values = found == nullptr ? std::vector<std::string>() : joined_values(*found);
  if (!values) {
    return then_(Error(
        Code::kFailedPrecondition,
        wish_.name + " has a TXT value that is not of the form that Route 53 gives; look at it there."));
  }
  if (found != nullptr) {
    zone_->known.put(*found);
  } else {
    zone_->known.forget(wish_.name);
  }
  if (stands_already(found, *values)) return then_(Done{});
  if (sorted(*values) != sorted(wish_.expected)) return then_(conflict(*values));
  // Nothing is left to take away.
  if (found == nullptr && !wish_.value) return then_(Done{});
  submit(found);
}

// It does when an earlier attempt put it there, whose answer was lost. Another TTL is another record only to
// whom the value itself is what has to be replaced.
bool Replacement::stands_already(const RecordSet* found, const std::vector<std::string>& values) const {
  if (!wish_.value) return values.empty();
  if (values.size() != 1 || values.front() != *wish_.value) return false;
  const bool is_to_be_replaced = wish_.expected.size() == 1 && wish_.expected.front() == *wish_.value;
  return !is_to_be_replaced || found->ttl_seconds == wish_.ttl_seconds;
}

RecordSet Replacement::wanted() const {
  RecordSet set;
  set.name = wish_.name;
  set.type = "TXT";
  set.ttl_seconds = wish_.ttl_seconds;
  set.values = {quote_txt(*wish_.value)};
  return set;
}

void Replacement::submit(const RecordSet* old) {
  std::vector<Change> changes;
  if (old != nullptr) changes.push_back({Action::kDelete, *old});
  if (wish_.value) changes.push_back({Action::kCreate, wanted()});
  zone_->queue.submit(
      wish_.name, std::move(changes), call_,
      [self = shared_from_this()](const ChangeOutcome& outcome) { self->on_outcome(outcome); });
}

void Replacement::on_outcome(const ChangeOutcome& outcome) {
  if (const auto* info = std::get_if<ChangeInfo>(&outcome)) {
    if (wish_.value) {
      zone_->known.put(wanted());
    } else {
      zone_->known.forget(wish_.name);
    }
    return then_(Done{info->id, true});
  }
  zone_->known.forget(wish_.name);
  if (const auto* error = std::get_if<Error>(&outcome)) return then_(*error);
  on_rejected(std::get<Rejected>(outcome));
}

void Replacement::on_rejected(const Rejected& rejected) {
  for (const auto& message : rejected.messages) {
    const Reason reason = reason_of(message);
    if (reason == Reason::kAlias) {
      return then_(Error(Code::kFailedPrecondition, wish_.name + " has a CNAME; remove it from the zone.",
                         quoted(message)));
    }
    if (reason == Reason::kQuota || reason == Reason::kOther) {
      return then_(to_error(Refusal{400, "InvalidChangeBatch", {message}}, "changing " + wish_.name));
    }
  }
  // What was expected is not there, or was not a moment ago.
  if (++rejections_ > kMostRejections) {
    return then_(Error(Code::kAborted, "Somebody else changes " + wish_.name + " all the time."));
  }
  look();
}

Error Replacement::conflict(const std::vector<std::string>& values) const {
  std::string what = "nothing";
  if (values.size() > 1) {
    what = std::to_string(values.size()) + " TXT records";
  } else if (values.size() == 1) {
    what = "\"" + values.front() + "\"";
  }
  return Error(Code::kAborted, "What was expected at " + wish_.name + " is not there; found: " + what + ".");
}

}  // namespace paynamed::route53
