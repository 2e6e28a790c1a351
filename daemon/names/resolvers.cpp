#include "names/resolvers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/strand.hpp>
#include <boost/asio/this_coro.hpp>

#include "base/run_on.hpp"
#include "net/parallel.hpp"

namespace paynamed::names {
namespace asio = boost::asio;
using net::DnsAnswer;
using net::DnsRcode;
using net::DnsType;

namespace {

struct Question {
  const net::ResolverTransport& transport;
  base::Clock& clock;
  std::string owner;
  std::string wanted;
  base::Duration timeout;
};

// RFC 2308 section 5: the lesser of the SOA record's TTL and its last field.
std::uint32_t denial_seconds(const DnsAnswer& answer) {
  for (const auto& record : answer.authority) {
    if (record.type != DnsType::kSoa || record.rdata.size() < 4) continue;
    std::uint32_t minimum = 0;
    for (std::size_t i = record.rdata.size() - 4; i < record.rdata.size(); ++i) {
      minimum = (minimum << 8U) | record.rdata[i];
    }
    return std::min(record.ttl, minimum);
  }
  return 0;
}

// The values at the end of all aliases: a resolver follows them itself.
std::vector<std::string> values_of(const DnsAnswer& answer, std::uint32_t& ttl) {
  std::vector<std::string> values;
  for (const auto& record : answer.answer) {
    if (record.type != DnsType::kTxt) continue;
    ttl = values.empty() ? record.ttl : std::min(ttl, record.ttl);
    values.push_back(net::txt_value(record.rdata).value_or(""));
  }
  return values;
}

void judge(ResolverReport& row, const DnsAnswer& answer, const Question& question) {
  row.says_validated = answer.authenticated;
  if (answer.rcode == DnsRcode::kRefused) {
    row.verdict = ResolverVerdict::kRefused;
    row.sentence =
        fmt::format("{} refuses our questions; take a resolver that serves this host", row.resolver);
    return;
  }
  if (answer.rcode != DnsRcode::kNoError && answer.rcode != DnsRcode::kNxDomain) {
    row.verdict = ResolverVerdict::kServerError;
    row.sentence = fmt::format(
        "{} answers {}: it reaches no server of the zone, or the signatures do not validate there",
        row.resolver, to_string(answer.rcode));
    return;
  }
  const auto values = values_of(answer, row.cached_seconds);
  if (values.empty()) {
    row.verdict = ResolverVerdict::kAbsent;
    row.cached_seconds = denial_seconds(answer);
    row.sentence =
        fmt::format("{} says that there is no record ({}), and remembers that for up to {} s", row.resolver,
                    answer.rcode == DnsRcode::kNxDomain ? "NXDOMAIN" : "no data", row.cached_seconds);
  } else if (values.size() > 1) {
    row.verdict = ResolverVerdict::kExtraRecord;
    row.sentence = fmt::format("{} has {} TXT records; wallets refuse the name", row.resolver, values.size());
  } else if (values.front() != question.wanted) {
    row.verdict = ResolverVerdict::kOtherValue;
    row.sentence =
        fmt::format("{} still has another value, for up to {} s", row.resolver, row.cached_seconds);
  } else {
    row.verdict = ResolverVerdict::kHasIt;
    row.sentence = fmt::format("{} has the record", row.resolver);
  }
}

void judge(ResolverReport& row, const base::Status& trouble) {
  row.sentence = trouble.message();
  switch (trouble.code()) {
    case base::Code::kDeadlineExceeded:
      row.verdict = ResolverVerdict::kTimeout;
      return;
    case base::Code::kFailedPrecondition:
      row.verdict = ResolverVerdict::kNotChecked;
      return;
    case base::Code::kDataLoss:
    case base::Code::kOutOfRange:
      row.verdict = ResolverVerdict::kMalformed;
      return;
    case base::Code::kUnauthenticated:
      row.verdict = ResolverVerdict::kNotTrusted;
      return;
    case base::Code::kPermissionDenied:
      row.verdict = ResolverVerdict::kRefused;
      return;
    case base::Code::kInternal:
      row.verdict = ResolverVerdict::kServerError;
      return;
    default:
      row.verdict = ResolverVerdict::kUnreachable;
      return;
  }
}

asio::awaitable<ResolverReport> ask(std::shared_ptr<const Question> question, net::DnsResolver resolver) {
  ResolverReport row;
  row.resolver = resolver.shown;
  const auto began = question->clock.monotonic();
  net::DnsQuestion asked{question->owner, DnsType::kTxt, true};
  auto answer = co_await question->transport.query(std::move(resolver), std::move(asked), question->timeout);
  row.latency = std::chrono::round<base::Duration>(question->clock.monotonic() - began);
  if (answer) {
    judge(row, *answer, *question);
  } else {
    judge(row, answer.error());
  }
  co_return row;
}

asio::awaitable<std::vector<ResolverReport>> run(std::shared_ptr<const Question> question,
                                                 std::vector<net::DnsResolver> resolvers) {
  std::vector<asio::awaitable<ResolverReport>> work;
  for (net::DnsResolver& each : resolvers) work.push_back(ask(question, std::move(each)));
  co_return co_await net::in_parallel(std::move(work));
}

}  // namespace

std::string_view to_string(ResolverVerdict verdict) {
  switch (verdict) {
    case ResolverVerdict::kHasIt:
      return "has_it";
    case ResolverVerdict::kAbsent:
      return "absent";
    case ResolverVerdict::kOtherValue:
      return "other_value";
    case ResolverVerdict::kExtraRecord:
      return "extra_record";
    case ResolverVerdict::kServerError:
      return "server_error";
    case ResolverVerdict::kRefused:
      return "refused";
    case ResolverVerdict::kTimeout:
      return "timeout";
    case ResolverVerdict::kUnreachable:
      return "unreachable";
    case ResolverVerdict::kMalformed:
      return "malformed";
    case ResolverVerdict::kNotTrusted:
      return "not_trusted";
    case ResolverVerdict::kNotChecked:
      return "not_checked";
  }
  return "unknown";
}

Resolvers::Resolvers(const net::ResolverTransport& transport, base::Clock& clock,
                     std::vector<net::DnsResolver> resolvers, base::Duration query_timeout)
    : transport_(transport), clock_(clock), resolvers_(std::move(resolvers)), query_timeout_(query_timeout) {}

asio::awaitable<std::vector<ResolverReport>> Resolvers::check(std::string owner, std::string wanted) const {
  auto normal = net::normal_name(owner).value_or(owner);
  auto question = std::make_shared<const Question>(transport_, clock_, std::move(normal), std::move(wanted),
                                                   query_timeout_);
  auto strand = asio::make_strand(co_await asio::this_coro::executor);
  auto running = run(std::move(question), resolvers_);
  co_return co_await base::run_on(strand, std::move(running));
}

bool is_enough(const std::vector<ResolverReport>& reports, Quorum quorum) {
  const auto count = [&](ResolverVerdict verdict) {
    return static_cast<std::size_t>(std::count_if(reports.begin(), reports.end(),
                                                  [&](const auto& each) { return each.verdict == verdict; }));
  };
  const std::size_t have = count(ResolverVerdict::kHasIt);
  const std::size_t asked = reports.size() - count(ResolverVerdict::kNotChecked);
  switch (quorum) {
    case Quorum::kAll:
      return have > 0 && have == asked;
    case Quorum::kMajority:
      return 2 * have > asked;
    case Quorum::kOne:
      return have > 0;
  }
  return false;
}

std::string summary_of(const std::vector<ResolverReport>& reports) {
  std::size_t have = 0;
  std::string others;
  for (const ResolverReport& each : reports) {
    if (each.verdict == ResolverVerdict::kHasIt) {
      ++have;
    } else {
      others += "; " + each.sentence;
    }
  }
  return fmt::format("{} of {} resolvers have it{}", have, reports.size(), others);
}

}  // namespace paynamed::names
