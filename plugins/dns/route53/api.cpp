#include "api.hpp"

#include <algorithm>
#include <ctime>
#include <random>

#include "account.hpp"
#include "credentials/allowed_hosts.hpp"
#include "refusal.hpp"
#include "sigv4.hpp"

namespace paynamed::route53 {
namespace {

using std::chrono::milliseconds;

constexpr char kVersion[] = "/2013-04-01/";
constexpr char kService[] = "route53";
constexpr std::uint32_t kMaxReplyBytes = 16 * 1024 * 1024;
constexpr milliseconds kFirstBackoff{250};
constexpr milliseconds kMostBackoff{4'000};
constexpr milliseconds kMostHold{2'000};
// A signature lives for five minutes; less than this is not the clock.
constexpr milliseconds kClockOff{60'000};
// Of a question, below which waiting makes no sense.
constexpr milliseconds kLeastTime{200};
// Of each burst, what bulk work leaves to registrations that somebody waits for: as many requests as one
// makes.
constexpr std::uint32_t kReserve = 5;
constexpr std::uint32_t kMostQuestionFailures = 12;

std::string header_of(const HttpReply& reply, std::string_view name) {
  for (const auto& header : reply.headers()) {
    if (header.name() == name) return header.value();
  }
  return {};
}

// RFC 9110 section 5.6.7, the form that servers must send.
std::optional<WallTime> http_date(const std::string& text) {
  std::tm parts{};
  if (strptime(text.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &parts) == nullptr) return std::nullopt;
  return WallTime(std::chrono::seconds(timegm(&parts)));
}

template <class Duration>
bool is_off(Duration difference) {
  return difference >= kClockOff || difference <= -kClockOff;
}

std::string query_text(const std::vector<std::pair<std::string, std::string>>& query) {
  std::string text;
  for (const auto& [name, value] : query) {
    text += (text.empty() ? "" : "&") + percent_encoded(name) + "=" + percent_encoded(value);
  }
  return text;
}

// What stands in the Host header: the port only where it is not the usual one, as the URL has it.
std::string authority_of(const std::string& endpoint) {
  const auto rest = endpoint.substr(endpoint.find("://") + 3);
  return rest.substr(0, rest.find('/'));
}

void add_header(HttpRequest& request, const std::string& name, const std::string& value) {
  auto* header = request.add_headers();
  header->set_name(name);
  header->set_value(value);
}

// Of a question nothing can have come but its answer.
Error nothing_changed(const Error& error, const std::string& doing) {
  switch (error.code()) {
    case Code::kUnknown:
    case Code::kDeadlineExceeded:
    case Code::kInternal:
    case Code::kDataLoss:
    case Code::kOutOfRange:
      return Error(Code::kUnavailable, "Route 53 did not answer well when " + doing + ".",
                   error.message() + " " + error.detail());
    default:
      return error;
  }
}

// For a label, which must be one of few.
std::string_view kind_of(const Refusal& refusal) {
  if (is_throttled(refusal)) return "throttled";
  if (is_busy(refusal)) return "busy";
  if (is_server_trouble(refusal)) return "server";
  if (is_invalid_batch(refusal)) return "invalid_batch";
  return refusal.http_status == 401 || refusal.http_status == 403 ? "denied" : "other";
}

bool may_pass(const Failure& failure) {
  if (const Refusal* refusal = failure.refusal()) {
    return is_throttled(*refusal) || is_busy(*refusal) || is_server_trouble(*refusal);
  }
  switch (std::get<Error>(failure.what).code()) {
    case Code::kUnavailable:
    case Code::kUnknown:
    case Code::kDeadlineExceeded:
    case Code::kResourceExhausted:
    case Code::kDataLoss:
      return true;
    default:
      return false;
  }
}

}  // namespace

Error Failure::to_error(const std::string& doing) const {
  const Refusal* said = refusal();
  return said != nullptr ? route53::to_error(*said, doing) : std::get<Error>(what);
}

struct Api::Attempt {
  ApiRequest request;
  std::function<void(Outcome)> then;
  milliseconds timeout{};
  WallTime signed_at{};
  std::string access_key_id{};
  bool signed_anew = false;  // with the time that the server had told
  bool identity_renewed = false;

  void fail(Error error) {
    const milliseconds retry(error.retry_after_ms());
    then(Failure{std::move(error), retry});
  }
};

struct Api::Question {
  ApiRequest request;
  Call call;
  std::function<std::optional<Error>(const Element&)> take;
  std::function<void(const std::optional<Error>&)> then;
  std::uint32_t failures = 0;
};

milliseconds Api::backoff(std::uint32_t failures) {
  const auto most = std::min(kMostBackoff, kFirstBackoff * (1 << std::min(failures, 10U)));
  std::random_device device;
  return milliseconds(std::uniform_int_distribution<std::int64_t>(most.count() / 2, most.count())(device));
}

void Api::change(ApiRequest request, std::function<void(Outcome)> then) {
  auto attempt = std::make_shared<Attempt>();
  attempt->request = std::move(request);
  attempt->then = std::move(then);
  attempt->timeout = settings_.timeout;
  begin(std::move(attempt));
}

void Api::begin(std::shared_ptr<Attempt> attempt) {
  if (stopped_) return attempt->fail(Error(Code::kUnavailable, "The plugin stops; nothing was sent."));
  credentials_.get([this, attempt](Result<Credentials> credentials) {
    if (!credentials.ok()) return attempt->fail(credentials.error());
    send(attempt, *credentials);
  });
}

void Api::send(const std::shared_ptr<Attempt>& attempt, const Credentials& credentials) {
  attempt->signed_at = host_.wall() + clock_correction_;
  attempt->access_key_id = credentials.access_key_id;
  http_.request(signed_request(attempt->request, credentials, attempt->signed_at), attempt->timeout,
                [this, attempt](Result<HttpReply> reply) {
                  if (!reply.ok()) return attempt->fail(reply.error());
                  on_reply(attempt, *reply);
                });
}

HttpRequest Api::signed_request(const ApiRequest& asked, const Credentials& credentials, WallTime now) const {
  const std::string date = amz_date(std::chrono::floor<std::chrono::seconds>(now));
  Signable signable;
  signable.method = asked.body.empty() ? "GET" : "POST";
  signable.path = kVersion + asked.path;
  signable.query = query_text(asked.query);
  signable.body = asked.body;
  std::vector<std::pair<std::string, std::string>> headers = {{"X-Amz-Date", date}};
  if (credentials.session_token)
    headers.emplace_back("X-Amz-Security-Token", credentials.session_token->reveal());
  signable.headers = headers;
  signable.headers.emplace_back("Host", authority_of(settings_.endpoint));

  HttpRequest request;
  request.set_method(signable.method);
  request.set_url(settings_.endpoint + signable.path + (signable.query.empty() ? "" : "?" + signable.query));
  request.set_body(asked.body);
  request.set_max_reply_bytes(kMaxReplyBytes);
  request.set_allow_plain(is_loopback_host(host_of(settings_.endpoint)));
  request.set_background(asked.background);
  for (const auto& [name, value] : headers) add_header(request, name, value);
  if (!asked.body.empty()) add_header(request, "Content-Type", "application/xml");
  add_header(request, "Authorization",
             authorization(signable, date,
                           {credentials.access_key_id, credentials.secret_access_key->reveal(),
                            settings_.region, kService}));

  const std::string account = account_hash(credentials.access_key_id);
  const auto budget = [&request](std::string key, double per_second, std::uint32_t burst,
                                 std::uint32_t cost) {
    auto* added = request.add_budgets();
    added->set_key(std::move(key));
    added->set_per_second(per_second);
    added->set_burst(burst);
    added->set_cost(cost);
    added->set_reserve(std::min(kReserve, burst / 2));
  };
  budget(account + "/requests", settings_.requests_per_second, settings_.request_burst, 1);
  if (asked.changes > 0) {
    budget(account + "/changes", settings_.changes_per_second, settings_.change_burst, asked.changes);
  }
  return request;
}

void Api::on_reply(const std::shared_ptr<Attempt>& attempt, const HttpReply& reply) {
  if (reply.status() >= 200 && reply.status() < 300) {
    throttled_ = 0;
    auto root = read_xml(reply.body());
    if (!root.ok()) return attempt->fail(root.error());
    return attempt->then(std::move(*root));
  }
  Refusal refusal = read_refusal(reply.status(), reply.body());
  // Nothing was done: the same once more, with what was learned.
  if (may_be_clock(refusal) && !attempt->signed_anew && was_dated_wrong(reply, attempt->signed_at)) {
    attempt->signed_anew = true;
    return begin(attempt);
  }
  if (is_stale_identity(refusal) && !attempt->identity_renewed) {
    attempt->identity_renewed = true;
    credentials_.forget(attempt->access_key_id);
    return begin(attempt);
  }
  milliseconds retry{0};
  if (is_throttled(refusal)) {
    hold_budgets(account_hash(attempt->access_key_id), attempt->request.changes);
    retry = backoff(std::min(throttled_, 5U));
  }
  host_.count("api_refusals_total", 1, {{"reason", kind_of(refusal)}});
  attempt->then(Failure{std::move(refusal), retry});
}

bool Api::was_dated_wrong(const HttpReply& reply, WallTime signed_at) {
  const auto there = http_date(header_of(reply, "date"));
  if (!there) return false;
  correct_clock(std::chrono::duration_cast<milliseconds>(*there - host_.wall()));
  // Also when another answer has corrected the clock since this one was signed.
  return is_off(*there - signed_at);
}

// By what the server says now and not by what one request was off: several may be under way.
void Api::correct_clock(milliseconds ahead) {
  if (!is_off(ahead - clock_correction_)) return;
  clock_correction_ = ahead;
  host_.log(Level::kWarning,
            "This machine's clock is " +
                std::to_string(std::chrono::duration_cast<std::chrono::seconds>(clock_correction_).count()) +
                " s behind that of AWS (less than zero: ahead); requests are dated by AWS's. Set the clock.");
}

// The server does not say which of the two it was: the one that changes is the scarcer where both were spent.
void Api::hold_budgets(const std::string& account, std::uint32_t changes) {
  const auto hold = std::min(kMostHold, backoff(std::min(throttled_++, 5U)));
  http_.hold_budget(account + (changes > 0 ? "/changes" : "/requests"), hold);
}

void Api::ask_element(ApiRequest request, const Call& call,
                      std::function<std::optional<Error>(const Element&)> take,
                      std::function<void(const std::optional<Error>&)> then) {
  ask_again(std::make_shared<Question>(Question{std::move(request), call, std::move(take), std::move(then)}));
}

void Api::ask_again(const std::shared_ptr<Question>& question) {
  const auto left = host_.remaining(question->call, settings_.timeout);
  const bool over = left < kLeastTime || question->call.cancelled();
  if (over || stopped_) {
    return question->then(Error(Code::kUnavailable, "There was no time left to go on " +
                                                        question->request.doing + "; it is tried again."));
  }
  auto attempt = std::make_shared<Attempt>();
  attempt->request = question->request;
  attempt->timeout = left;
  attempt->then = [this, question](Outcome outcome) { on_answer(question, std::move(outcome)); };
  begin(std::move(attempt));
}

void Api::on_answer(const std::shared_ptr<Question>& question, Outcome outcome) {
  if (const auto* root = std::get_if<Element>(&outcome)) {
    auto wrong = question->take(*root);
    if (!wrong) return question->then(std::nullopt);
    outcome = Failure{*std::move(wrong)};
  }
  const auto& failure = std::get<Failure>(outcome);
  const auto pause = std::max(failure.retry_after, backoff(question->failures++));
  const auto left = host_.remaining(question->call, std::chrono::hours(1));
  if (!may_pass(failure) || question->failures > kMostQuestionFailures || left < pause + kLeastTime ||
      stopped_) {
    const std::string& doing = question->request.doing;
    return question->then(nothing_changed(failure.to_error(doing), doing));
  }
  host_.after(pause, [this, question] { ask_again(question); });
}

}  // namespace paynamed::route53
