#include "answer.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <ctime>
#include <iomanip>
#include <locale>
#include <sstream>

namespace paynamed::webhook {
namespace {

using plugin::v1::DeliverReply;
using std::chrono::milliseconds;

constexpr std::int64_t kMostSeconds = 40 * 86'400;  // in milliseconds they fit into 32 bits

std::optional<std::time_t> http_date(const std::string& text) {
  // IMF-fixdate, and the two obsolete forms that recipients take (RFC 9110 section 5.6.7).
  for (const char* format :
       {"%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT", "%a %b %e %H:%M:%S %Y"}) {
    std::istringstream in(text);
    in.imbue(std::locale::classic());
    std::tm parts{};
    in >> std::get_time(&parts, format);
    if (in.fail()) continue;
    // get_time is content with the beginning of a date.
    std::ostringstream again;
    again.imbue(std::locale::classic());
    again << std::put_time(&parts, format);
    if (again.str() == text) return timegm(&parts);
  }
  return std::nullopt;
}

std::string reason_of(unsigned status) {
  const std::string said = "The receiver answered " + std::to_string(status);
  if (status >= 300 && status < 400) {
    return said + "; redirects are not followed, so give the webhook the address that it leads to.";
  }
  if (status == 410 || status == 501) return said + ": it wants no more events.";
  if (status == 429) return said + ": it is asked too often.";
  if (status >= 502 && status <= 504) return said + ": it, or what stands before it, is overloaded or down.";
  if (status == 401 || status == 403) return said + "; look whether it has this webhook's secret.";
  return said + ".";
}

}  // namespace

std::string header_of(const HttpReply& answer, std::string_view name) {
  for (const auto& each : answer.headers()) {
    if (each.name() == name) return each.value();
  }
  return {};
}

std::optional<milliseconds> retry_after(const std::string& value, Time now) {
  const bool digits = !value.empty() && value.find_first_not_of("0123456789") == value.npos;
  std::int64_t seconds = 0;
  if (digits) {
    const auto read = std::from_chars(value.data(), value.data() + value.size(), seconds);
    if (read.ec != std::errc()) seconds = kMostSeconds;
    return std::chrono::seconds(std::min(seconds, kMostSeconds));
  }
  const auto date = http_date(value);
  if (!date) return std::nullopt;
  const auto left = std::chrono::sys_seconds(std::chrono::seconds(*date)) - now;
  return std::clamp<milliseconds>(std::chrono::duration_cast<milliseconds>(left), milliseconds(0),
                                  std::chrono::seconds(kMostSeconds));
}

DeliverReply judge(const HttpReply& answer, Time now) {
  const unsigned status = answer.status();
  DeliverReply reply;
  reply.set_status(status);
  reply.set_answer(answer.body().substr(0, kMostAnswerBytes));
  if (status / 100 == 2) {
    reply.set_outcome(DeliverReply::DELIVERED);
    return reply;
  }
  reply.set_reason(reason_of(status));
  if (status == 410 || status == 501) {
    reply.set_outcome(DeliverReply::GONE);
    return reply;
  }
  reply.set_outcome(DeliverReply::RETRY);
  reply.set_throttled(status == 429 || (status >= 502 && status <= 504));
  if (const auto wish = retry_after(header_of(answer, "retry-after"), now)) {
    reply.set_retry_after_ms(static_cast<std::uint32_t>(wish->count()));
  }
  return reply;
}

Result<DeliverReply> judge_refusal(const Error& error, const Result<HttpCheckReply>& checked) {
  if (!checked.ok()) return checked.error();
  // Certificates, networks or a proxy of the operator's.
  if (error.code() == Code::kInvalidArgument) {
    return Error(Code::kFailedPrecondition, error.message(), error.detail());
  }
  // The name leads elsewhere now, which its owner may not even have noticed.
  DeliverReply reply;
  reply.set_outcome(DeliverReply::RETRY);
  reply.set_reason("The receiver was not called: " + error.message() + ".");
  return reply;
}

Result<DeliverReply> judge(const Error& error) {
  switch (error.code()) {
    case Code::kDataLoss:
    case Code::kOutOfRange: {
      DeliverReply reply;
      reply.set_outcome(DeliverReply::RETRY);
      reply.set_reason("The receiver was reached, but its answer could not be taken: " + error.message() +
                       ".");
      return reply;
    }
    // The receiver's certificate, not our credentials: nobody here can mend it.
    case Code::kUnauthenticated:
      return Error(Code::kUnavailable, error.message(), error.detail());
    case Code::kUnimplemented:
      return Error(Code::kFailedPrecondition,
                   "The daemon has no HTTP client for plugins; look at its version.", error.message());
    default:
      return error;
  }
}

}  // namespace paynamed::webhook
