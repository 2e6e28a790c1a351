#include "names/authoritative.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/strand.hpp>

#include "base/run_on.hpp"
#include "net/parallel.hpp"

namespace paynamed::names {
namespace asio = boost::asio;
using net::DnsAnswer;
using net::DnsRcode;
using net::DnsType;

namespace {

struct Question {
  const net::DnsTransport& transport;
  base::Clock& clock;
  std::string owner;
  std::optional<std::string> wanted;
  base::Duration timeout;
  std::uint16_t port;
};

std::string shortened(const std::string& value) {
  constexpr std::size_t kShown = 60;
  return value.size() <= kShown ? value : value.substr(0, kShown) + "...";
}

// What is at the name, from an answer of any server.
void judge(AddressReport& row, const DnsAnswer& answer, const Question& question) {
  const std::string& owner = question.owner;
  const std::string where = fmt::format("{} at {}", row.server, row.address);
  if (answer.rcode == DnsRcode::kRefused) {
    row.verdict = AddressVerdict::kRefused;
    row.sentence =
        fmt::format("{} refuses to answer for {}; let everybody query that zone there", where, owner);
    return;
  }
  if (answer.rcode != DnsRcode::kNoError && answer.rcode != DnsRcode::kNxDomain) {
    row.verdict = AddressVerdict::kServerError;
    row.sentence =
        fmt::format("{} answers {} for {}; look at that server's log", where, to_string(answer.rcode), owner);
    return;
  }
  if (!answer.authoritative) {
    row.verdict = AddressVerdict::kLame;
    row.sentence = fmt::format(
        "{} is named as a server of the zone but is not authoritative for {} (lame); mend the server or the "
        "delegation",
        where, owner);
    return;
  }
  for (const auto& record : answer.answer) {
    const bool alias = record.type == DnsType::kCname && record.owner == owner;
    if (alias || (record.type == DnsType::kDname && net::is_at_or_below(owner, record.owner))) {
      row.verdict = AddressVerdict::kAlias;
      row.sentence = fmt::format("{} has a {} at {}; remove it, some wallets do not follow it", where,
                                 to_string(record.type), record.owner);
      return;
    }
    if (record.type != DnsType::kTxt || record.owner != owner) continue;
    row.values.push_back(net::txt_value(record.rdata).value_or(""));
    row.ttl_seconds = record.ttl;
  }
  if (row.values.empty()) {
    row.verdict = AddressVerdict::kAbsent;
    row.as_wanted = !question.wanted;
    row.sentence = fmt::format("{} has no TXT record at {} ({}){}", where, owner,
                               answer.rcode == DnsRcode::kNxDomain ? "NXDOMAIN" : "no data",
                               question.wanted ? " yet" : "");
  } else if (row.values.size() > 1) {
    row.verdict = AddressVerdict::kExtraRecord;
    row.sentence = fmt::format("{} has {} TXT records at {}; leave only one, wallets refuse the name", where,
                               row.values.size(), owner);
  } else if (question.wanted && row.values.front() == *question.wanted) {
    row.verdict = AddressVerdict::kHasIt;
    row.as_wanted = true;
    row.sentence = fmt::format("{} has the record", where);
  } else {
    row.verdict = AddressVerdict::kOtherValue;
    row.sentence = fmt::format("{} {} '{}'", where, question.wanted ? "has another value:" : "still has",
                               shortened(row.values.front()));
  }
}

void judge(AddressReport& row, const base::Status& trouble) {
  row.sentence = fmt::format("{}: {}", row.server, trouble.message());
  switch (trouble.code()) {
    case base::Code::kDeadlineExceeded:
      row.verdict = AddressVerdict::kTimeout;
      return;
    case base::Code::kFailedPrecondition:
      row.verdict = AddressVerdict::kNotChecked;
      return;
    case base::Code::kDataLoss:
      row.verdict = AddressVerdict::kMalformed;
      return;
    default:
      row.verdict = AddressVerdict::kUnreachable;
      return;
  }
}

// By UDP when it got through whole, else by TCP; resolvers do the same.
void judge_both(AddressReport& row, const base::Result<DnsAnswer>& udp, const base::Result<DnsAnswer>& tcp,
                const Question& question) {
  if (udp && !udp->truncated) {
    judge(row, *udp, question);
    if (!tcp) {
      row.carrier_note = fmt::format(
          "{} answers by UDP only: open TCP there too, long answers need it (RFC 7766)", row.address);
    }
  } else if (tcp) {
    judge(row, *tcp, question);
    if (!udp) row.carrier_note = fmt::format("{} answers by TCP only: UDP does not get through", row.address);
  } else if (udp && tcp.error().code() != base::Code::kDataLoss) {
    row.verdict = AddressVerdict::kTcpBlocked;
    row.sentence = fmt::format(
        "{} at {} has an answer for {} that is too long for UDP, and does not answer by TCP; open TCP port "
        "{} "
        "there",
        row.server, row.address, question.owner, question.port);
  } else {
    judge(row, udp ? tcp.error() : udp.error());
  }
}

// in_parallel() needs values that can be made without an answer.
using Answer = std::optional<base::Result<DnsAnswer>>;

asio::awaitable<Answer> ask_by(std::shared_ptr<const Question> question, net::Endpoint endpoint,
                               net::DnsCarrier carrier) {
  net::DnsQuestion asked{question->owner, DnsType::kTxt, false};
  co_return co_await question->transport.query(std::move(endpoint), std::move(asked), question->timeout,
                                               carrier);
}

asio::awaitable<AddressReport> ask(std::shared_ptr<const Question> question, std::string server,
                                   asio::ip::address address) {
  AddressReport row;
  net::Endpoint endpoint{address, question->port};
  row.server = std::move(server);
  row.address = endpoint.to_string();
  const auto began = question->clock.monotonic();
  std::vector<asio::awaitable<Answer>> work;
  work.push_back(ask_by(question, endpoint, net::DnsCarrier::kUdp));
  work.push_back(ask_by(question, endpoint, net::DnsCarrier::kTcp));
  auto answers = co_await net::in_parallel(std::move(work));
  row.latency = std::chrono::round<base::Duration>(question->clock.monotonic() - began);
  judge_both(row, *answers[0], *answers[1], *question);
  co_return row;
}

asio::awaitable<PropagationReport> run(std::shared_ptr<const Question> question, ZoneServers servers) {
  PropagationReport report;
  report.zone = servers.zone;
  report.owner = question->owner;
  report.notes = std::move(servers.notes);
  std::vector<asio::awaitable<AddressReport>> work;
  for (const auto& server : servers.servers) {
    for (const auto& address : server.addresses) work.push_back(ask(question, server.name, address));
  }
  report.addresses = co_await net::in_parallel(std::move(work));
  for (const auto& server : servers.servers) {
    if (!server.addresses.empty()) continue;
    AddressReport row;
    row.server = server.name;
    row.verdict = AddressVerdict::kNoAddress;
    row.sentence = fmt::format("{} is named as a server of {} but cannot be asked: {}", server.name,
                               servers.zone, server.trouble);
    report.addresses.push_back(std::move(row));
  }
  co_return report;
}

// Each that could be asked answered for the zone, whatever it has at the name.
bool all_serve_the_zone(const PropagationReport& report) {
  return std::ranges::all_of(report.addresses, [](const AddressReport& each) {
    switch (each.verdict) {
      case AddressVerdict::kHasIt:
      case AddressVerdict::kAbsent:
      case AddressVerdict::kOtherValue:
      case AddressVerdict::kExtraRecord:
      case AddressVerdict::kAlias:
      case AddressVerdict::kNotChecked:
        return true;
      default:
        return false;
    }
  });
}

}  // namespace

std::string_view to_string(AddressVerdict verdict) {
  switch (verdict) {
    case AddressVerdict::kHasIt:
      return "has_it";
    case AddressVerdict::kAbsent:
      return "absent";
    case AddressVerdict::kOtherValue:
      return "other_value";
    case AddressVerdict::kExtraRecord:
      return "extra_record";
    case AddressVerdict::kAlias:
      return "alias";
    case AddressVerdict::kRefused:
      return "refused";
    case AddressVerdict::kLame:
      return "lame";
    case AddressVerdict::kServerError:
      return "server_error";
    case AddressVerdict::kTimeout:
      return "timeout";
    case AddressVerdict::kTcpBlocked:
      return "tcp_blocked";
    case AddressVerdict::kUnreachable:
      return "unreachable";
    case AddressVerdict::kMalformed:
      return "malformed";
    case AddressVerdict::kNoAddress:
      return "no_address";
    case AddressVerdict::kNotChecked:
      return "not_checked";
  }
  return "unknown";
}

bool PropagationReport::everywhere() const {
  bool any = false;
  for (const auto& row : addresses) {
    if (row.as_wanted) {
      any = true;
    } else if (row.verdict != AddressVerdict::kNotChecked) {
      return false;
    }
  }
  return any;
}

std::string PropagationReport::summary() const {
  std::size_t wanted = 0;
  std::size_t not_checked = 0;
  const AddressReport* first_other = nullptr;
  for (const auto& row : addresses) {
    if (row.as_wanted) {
      ++wanted;
    } else if (row.verdict == AddressVerdict::kNotChecked) {
      ++not_checked;
    } else if (!first_other) {
      first_other = &row;
    }
  }
  std::string text = fmt::format("{} of {} authoritative addresses of {} are as wanted", wanted,
                                 addresses.size() - not_checked, zone);
  if (not_checked != 0) text += fmt::format(" ({} not checked: no route)", not_checked);
  if (first_other) text += "; " + first_other->sentence;
  return text;
}

Authoritative::Authoritative(const net::DnsTransport& transport, base::Clock& clock,
                             AuthoritativeSettings settings)
    : transport_(transport),
      clock_(clock),
      settings_(std::move(settings)),
      finder_(transport, clock, settings_),
      recent_(clock) {}

asio::awaitable<base::Result<ZoneServers>> Authoritative::servers_of(std::string owner,
                                                                     base::Duration timeout) const {
  return finder_.find(std::move(owner), timeout);
}

asio::awaitable<PropagationReport> Authoritative::check(ZoneServers servers, std::string owner,
                                                        std::optional<std::string> wanted) const {
  auto normal = net::normal_name(owner).value_or(owner);
  auto question = std::make_shared<const Question>(transport_, clock_, std::move(normal), std::move(wanted),
                                                   settings_.query_timeout, settings_.port);
  auto strand = asio::make_strand(co_await asio::this_coro::executor);
  auto running = run(std::move(question), std::move(servers));
  co_return co_await base::run_on(strand, std::move(running));
}

// A name may be a zone of its own: then its neighbours' servers say that they do not have it.
asio::awaitable<base::Result<PropagationReport>> Authoritative::ask(std::string owner,
                                                                    std::optional<std::string> wanted,
                                                                    base::Duration timeout) const {
  const std::string above = net::parent_of(owner);
  if (auto known = recent_.find(above)) {
    auto report = co_await check(*std::move(known), owner, wanted);
    if (all_serve_the_zone(report)) co_return report;
  }
  auto servers = co_await servers_of(owner, timeout);
  if (!servers) co_return base::fail(servers.error());
  auto report = co_await check(*servers, owner, std::move(wanted));
  if (all_serve_the_zone(report)) recent_.put(above, *std::move(servers));
  co_return report;
}

}  // namespace paynamed::names
