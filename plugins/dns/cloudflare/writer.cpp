#include "writer.hpp"

#include <algorithm>
#include <array>
#include <boost/json/array.hpp>
#include <utility>

namespace paynamed::cloudflare {
namespace json = boost::json;

namespace {

// How many requests without batches are under way at once.
constexpr std::size_t kSinglesAtOnce = 8;

bool adds(const Writes& writes) {
  return std::any_of(writes.begin(), writes.end(),
                     [](const Write& each) { return each.kind == Write::Kind::kPost; });
}

// Whoever is refused for such a reason stands for all that follow.
bool goes_for_all(Code code) {
  return code == Code::kResourceExhausted || code == Code::kUnauthenticated ||
         code == Code::kPermissionDenied;
}

// The change of a single write, of a refusal that was not about the token.
Outcome outcome_of(const Answer& answer) {
  for (const auto code : {kRecordExists, kIdenticalRecord, kRecordMissing}) {
    if (answer.has_error(code)) return {Outcome::Kind::kLook, refusal_of(answer)};
  }
  return {Outcome::Kind::kRefused, refusal_of(answer)};
}

}  // namespace

struct Writer::Round {
  std::vector<Writes> changes;
  bool background;
  Then then;
  std::vector<Outcome> outcomes;
  std::deque<Group> waiting{};
  std::size_t open = 0;
  std::optional<Error> stopped{};  // for all that wait
  std::optional<Error> full{};     // for those that add a record
};

void Writer::write(std::vector<Writes> changes, bool background, Then then) {
  const auto round = std::make_shared<Round>();
  round->outcomes.resize(changes.size());
  round->changes = std::move(changes);
  round->background = background;
  round->then = std::move(then);
  std::size_t size = 0;
  for (std::size_t i = 0; i < round->changes.size(); ++i) {
    const auto more = round->changes[i].size();
    const bool fits = settings_.batch && !round->waiting.empty() && size + more <= settings_.max_batch;
    if (!fits) {
      round->waiting.emplace_back();
      size = 0;
    }
    round->waiting.back().push_back(i);
    size += more;
  }
  send_next(round);
}

void Writer::send_next(const std::shared_ptr<Round>& round) {
  const std::size_t most = settings_.batch ? 1 : kSinglesAtOnce;
  while (!round->waiting.empty() && round->open < most) {
    Group group = std::move(round->waiting.front());
    round->waiting.pop_front();
    std::erase_if(group, [&](std::size_t i) {
      const auto& reason = round->stopped                           ? round->stopped
                           : adds(round->changes[i]) && round->full ? round->full
                                                                    : std::nullopt;
      if (reason) round->outcomes[i] = {Outcome::Kind::kRefused, reason};
      return reason.has_value();
    });
    if (!group.empty()) send(round, std::move(group));
  }
  if (round->open == 0 && round->waiting.empty()) round->then(std::move(round->outcomes));
}

void Writer::send(const std::shared_ptr<Round>& round, Group group) {
  ++round->open;
  const auto& first = round->changes[group.front()];
  Request request =
      group.size() == 1 && first.size() == 1 ? single_of(first.front()) : batch_of(*round, group);
  request.background = round->background;
  api_.send(std::move(request), Permission::kDnsEdit,
            [this, round, group = std::move(group)](const Result<Answer>& answer) {
              --round->open;
              hear(round, group, answer);
              send_next(round);
            });
}

void Writer::hear(const std::shared_ptr<Round>& round, const Group& group, const Result<Answer>& answer) {
  if (answer.ok() && answer->success) return;
  if (answer.ok()) return hear_refusal(round, group, *answer);
  const Error& error = answer.error();
  const bool unknown = error.code() == Code::kUnknown;
  for (const auto i : group) {
    round->outcomes[i] = {unknown ? Outcome::Kind::kUnknown : Outcome::Kind::kRefused, error};
  }
  if (goes_for_all(error.code())) round->stopped = error;
}

void Writer::hear_refusal(const std::shared_ptr<Round>& round, const Group& group, const Answer& answer) {
  if (group.size() == 1) {
    const auto i = group.front();
    round->outcomes[i] = outcome_of(answer);
    if (answer.has_error(kQuotaExceeded)) round->full = round->outcomes[i].error;
    return;
  }
  host_.count("batches_split_total");
  const auto middle = group.begin() + static_cast<std::ptrdiff_t>(group.size() / 2);
  round->waiting.emplace_front(middle, group.end());
  round->waiting.emplace_front(group.begin(), middle);
}

Request Writer::batch_of(const Round& round, const Group& group) const {
  json::array deletes;
  json::array patches;
  json::array posts;
  for (const auto i : group) {
    for (const Write& write : round.changes[i]) {
      json::object body = write.body;
      if (write.kind != Write::Kind::kPost) body["id"] = write.id;
      auto& list = write.kind == Write::Kind::kDelete  ? deletes
                   : write.kind == Write::Kind::kPatch ? patches
                                                       : posts;
      list.push_back(std::move(body));
    }
  }
  json::object body;
  if (!deletes.empty()) body["deletes"] = std::move(deletes);
  if (!patches.empty()) body["patches"] = std::move(patches);
  if (!posts.empty()) body["posts"] = std::move(posts);
  Request request;
  request.method = "POST";
  request.path = "/zones/" + zone_id_ + "/dns_records/batch";
  request.body = std::move(body);
  return request;
}

Request Writer::single_of(const Write& write) const {
  Request request;
  request.path = "/zones/" + zone_id_ + "/dns_records";
  if (write.kind != Write::Kind::kPost) request.path += "/" + write.id;
  switch (write.kind) {
    case Write::Kind::kDelete:
      request.method = "DELETE";
      break;
    case Write::Kind::kPatch:
      request.method = "PATCH";
      request.body = write.body;
      break;
    case Write::Kind::kPost:
      request.method = "POST";
      request.body = write.body;
      break;
  }
  return request;
}

}  // namespace paynamed::cloudflare
