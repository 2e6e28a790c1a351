#include "plan.hpp"

#include <algorithm>
#include <tuple>

namespace paynamed::cloudflare {
namespace {

constexpr std::size_t kMostShown = 120;

std::vector<const Record*> texts_of(const Found& found) {
  std::vector<const Record*> texts;
  for (const Record& record : found) {
    if (record.is_txt()) texts.push_back(&record);
  }
  // The oldest first; ids tell those apart that are of one moment. Every writer finds the same order.
  std::sort(texts.begin(), texts.end(), [](const Record* a, const Record* b) {
    return std::tie(a->created_on, a->id) < std::tie(b->created_on, b->id);
  });
  return texts;
}

bool has_alias(const Found& found) {
  return std::any_of(found.begin(), found.end(), [](const Record& each) { return each.type == "CNAME"; });
}

bool are_the_values(const std::vector<const Record*>& texts, std::vector<std::string> values) {
  std::vector<std::string> standing;
  for (const Record* each : texts) standing.push_back(each->value);
  std::sort(standing.begin(), standing.end());
  std::sort(values.begin(), values.end());
  return standing == values;
}

bool contains(const std::vector<std::string>& values, const std::string& value) {
  return std::find(values.begin(), values.end(), value) != values.end();
}

bool stand_among(const std::vector<const Record*>& texts, const std::vector<std::string>& values) {
  return std::all_of(values.begin(), values.end(), [&](const std::string& value) {
    return std::any_of(texts.begin(), texts.end(), [&](const Record* each) { return each->value == value; });
  });
}

std::string shown(const Record& record, const std::string& owner) {
  // What is shown goes into a status, which is UTF-8; values are bytes.
  std::string text;
  for (const char c : std::string_view(record.value).substr(0, kMostShown)) {
    text += c >= 0x20 && c < 0x7f ? c : '?';
  }
  if (record.value.size() > kMostShown) text += "...";
  return '"' + text + '"' + (is_marked(record.comment, owner) ? "" : ", which is not marked as ours");
}

std::string told(const std::vector<const Record*>& texts, const std::string& owner) {
  if (texts.empty()) return "nothing";
  return texts.size() == 1 ? shown(*texts.front(), owner) : std::to_string(texts.size()) + " TXT records";
}

Error conflict(const std::string& name, const std::vector<const Record*>& texts, const std::string& owner) {
  return Error(Code::kAborted,
               "What was expected at " + name + " is not there; found: " + told(texts, owner) + ".");
}

// Ours may stand, or what it replaced is gone: a conflict would say that nothing was done.
Error unsettled(const std::string& name, const std::string& found) {
  return Error(Code::kUnknown, "Somebody else changed " + name + " at the same time; found: " + found +
                                   ". Remove what is not ours from the zone.");
}

Error alias(const std::string& name) {
  return Error(Code::kFailedPrecondition, name + " has a CNAME; remove it from the zone.");
}

Write removal(const Record& record) {
  return {Write::Kind::kDelete, record.id, {}};
}

Write patch(const Record& record, const Change& change) {
  return {Write::Kind::kPatch, record.id, txt_patch(change.value, change.ttl_seconds, change.comment)};
}

// The one that is changed in place: what has the value already, else one of ours, else the oldest.
const Record* kept_of(const std::vector<const Record*>& texts, const Change& change,
                      const std::string& owner) {
  const auto first = [&](const auto& that) {
    const auto at = std::find_if(texts.begin(), texts.end(), that);
    return at == texts.end() ? nullptr : *at;
  };
  const auto* kept = first([&](const Record* each) { return each->value == change.value; });
  if (kept == nullptr) kept = first([&](const Record* each) { return is_marked(each->comment, owner); });
  return kept == nullptr ? texts.front() : kept;
}

Plan publication(const Change& change, const Found& found, const std::string& owner) {
  if (has_alias(found)) return alias(change.name);
  const auto texts = texts_of(found);
  if (texts.size() == 1 && texts.front()->value == change.value) {
    // Our own earlier attempt, or what somebody else made of the same text; one that was named is taken over.
    const Record& stands = *texts.front();
    const bool as_wanted = stands.ttl_seconds == change.ttl_seconds && is_marked(stands.comment, owner);
    if (as_wanted || !contains(change.expected, change.value)) return Settled{false};
    return Writes{patch(stands, change)};
  }
  if (!are_the_values(texts, change.expected)) return conflict(change.name, texts, owner);
  if (texts.empty()) {
    return Writes{
        {Write::Kind::kPost, {}, txt_body(change.name, change.value, change.ttl_seconds, change.comment)}};
  }
  const Record* kept = kept_of(texts, change, owner);
  Writes writes{patch(*kept, change)};
  for (const Record* each : texts) {
    if (each != kept) writes.push_back(removal(*each));
  }
  return writes;
}

Plan withdrawal(const Change& change, const Found& found, const std::string& owner) {
  const auto texts = texts_of(found);
  Writes writes;
  for (const Record* each : texts) {
    if (each->value == change.value) writes.push_back(removal(*each));
  }
  if (!writes.empty()) return writes;
  if (texts.empty()) return Settled{false};
  return conflict(change.name, texts, owner);
}

Verdict after_withdrawal(const Change& change, const Written& written, const Found& found,
                         const std::string& owner) {
  if (!stands_in(found, change)) return {{}, Settled{written.changed}};
  if (!written.unknown.empty()) return {{}, written.unknown.front()};
  return {{}, conflict(change.name, texts_of(found), owner)};
}

Verdict after_publication(const Change& change, const Written& written, const Found& found,
                          const std::string& owner) {
  const auto texts = texts_of(found);
  const auto ours = std::find_if(texts.begin(), texts.end(),
                                 [&](const Record* each) { return each->value == change.value; });
  if (ours == texts.end()) {
    if (!written.unknown.empty()) return {{}, written.unknown.front()};
    if (written.changed && !stand_among(texts, change.expected))
      return {{}, unsettled(change.name, told(texts, owner))};
    return {{}, conflict(change.name, texts, owner)};
  }
  if (texts.size() == 1) return {{}, Settled{written.changed}};

  // Somebody wrote at the same time, and two records make a name dead: one has to go.
  Writes others;
  const Record* foreign = nullptr;
  for (const Record* each : texts) {
    if (each == *ours) continue;
    const bool may_go = each->value == change.value || is_marked(each->comment, owner) ||
                        contains(change.expected, each->value);
    if (may_go) others.push_back(removal(*each));
    if (!may_go) foreign = each;
  }
  // A writer of our kind that came first stays, for it judges the same; a stranger's record is never taken
  // away, also not one that has our value.
  const bool lost = written.posted && (foreign != nullptr || ours != texts.begin());
  const bool may_take_ours = written.changed || is_marked((*ours)->comment, owner);
  if (lost && may_take_ours) return {{removal(**ours)}, conflict(change.name, texts, owner)};
  if (foreign != nullptr) return {{}, unsettled(change.name, "ours and " + shown(*foreign, owner))};
  if (lost) return {{}, unsettled(change.name, told(texts, owner))};
  return {std::move(others), Settled{written.changed}};
}

}  // namespace

Plan plan_of(const Change& change, const Found& found, const std::string& owner) {
  return change.kind == Change::Kind::kPublish ? publication(change, found, owner)
                                               : withdrawal(change, found, owner);
}

bool stands_in(const Found& found, const Change& change) {
  return std::any_of(found.begin(), found.end(),
                     [&](const Record& each) { return each.is_txt() && each.value == change.value; });
}

Verdict verdict_of(const Change& change, const Written& written, const Found& found,
                   const std::string& owner) {
  return change.kind == Change::Kind::kPublish ? after_publication(change, written, found, owner)
                                               : after_withdrawal(change, written, found, owner);
}

}  // namespace paynamed::cloudflare
