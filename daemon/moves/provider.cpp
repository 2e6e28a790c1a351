#include "moves/provider.hpp"

#include <fmt/format.h>

namespace paynamed::moves {
namespace asio = boost::asio;
namespace v1 = paynamed::plugin::v1;
using base::Code;
using base::Result;

namespace {

constexpr base::Duration kTimeout{20'000};
constexpr base::Duration kListTimeout{60'000};
constexpr std::uint32_t kPage = 1000;
constexpr std::size_t kMostRecords = 2'000'000;

}  // namespace

bool needs_a_person(Code code) {
  switch (code) {
    case Code::kInvalidArgument:
    case Code::kNotFound:
    case Code::kAlreadyExists:
    case Code::kPermissionDenied:
    case Code::kFailedPrecondition:
    case Code::kAborted:
    case Code::kOutOfRange:
    case Code::kUnimplemented:
    case Code::kUnauthenticated:
      return true;
    default:
      return false;
  }
}

pipeline::PluginCall Provider::call_of(std::string method, std::string key) const {
  pipeline::PluginCall call;
  call.instance = instance_;
  call.method = std::move(method);
  call.key = std::move(key);
  call.timeout = kTimeout;
  return call;
}

asio::awaitable<Result<v1::DescribeDnsReply>> Provider::describe() const {
  pipeline::PluginCall wanted = call_of("Describe", {});
  const v1::DescribeDnsRequest request;
  auto called = co_await pipeline::call<v1::DescribeDnsReply>(services_.plugins, std::move(wanted), request);
  co_return std::move(called.reply);
}

asio::awaitable<Result<ZoneSets>> Provider::list() const {
  ZoneSets sets;
  std::size_t records = 0;
  std::string page;
  do {
    v1::ListZoneRequest request;
    request.set_zone(zone_);
    request.set_page(page);
    request.set_limit(kPage);
    pipeline::PluginCall wanted = call_of("ListZone", {});
    wanted.timeout = kListTimeout;
    auto called = co_await pipeline::call<v1::ListZoneReply>(services_.plugins, std::move(wanted), request);
    if (!called.reply) co_return base::fail(called.reply.error());
    records += static_cast<std::size_t>(called.reply->records_size());
    const bool endless = !called.reply->next_page().empty() && called.reply->next_page() == page;
    if (records > kMostRecords || endless) {
      co_return base::fail(base::resource_exhausted(
          fmt::format("instance '{}' lists {} without end; tell its author", instance_, zone_)));
    }
    for (const v1::ZoneRecord& each : called.reply->records()) {
      const auto owner = net::normal_name(each.name());
      if (!owner || each.type() == 0 || each.type() > 65'535) {
        co_return base::fail(base::internal(fmt::format(
            "instance '{}' lists a record without a proper name or type; tell its author", instance_)));
      }
      net::DnsRecord record;
      record.owner = *owner;
      record.type = net::DnsType{static_cast<std::uint16_t>(each.type())};
      record.ttl = each.ttl_seconds();
      record.rdata.assign(each.rdata().begin(), each.rdata().end());
      add_record(sets, record);
      if (record.rdata.empty()) sets[{record.owner, record.type}].has_own_form = true;
    }
    page = called.reply->next_page();
  } while (!page.empty());
  co_return sets;
}

asio::awaitable<Result<std::vector<std::string>>> Provider::read(std::string owner) const {
  v1::ReadRequest request;
  request.set_zone(zone_);
  request.set_name(std::move(owner));
  pipeline::PluginCall wanted = call_of("Read", {});
  auto called = co_await pipeline::call<v1::ReadReply>(services_.plugins, std::move(wanted), request);
  if (!called.reply) co_return base::fail(called.reply.error());
  std::vector<std::string> values;
  for (const v1::TxtRecord& each : called.reply->records()) values.push_back(each.value());
  co_return values;
}

asio::awaitable<Provider::Written> Provider::publish(std::string owner, std::string value, std::uint32_t ttl,
                                                     std::string key) const {
  v1::PublishRequest request;
  request.set_zone(zone_);
  request.mutable_record()->set_name(std::move(owner));
  request.mutable_record()->set_value(std::move(value));
  request.mutable_record()->set_ttl_seconds(ttl);
  request.mutable_record()->set_comment("managed by paynamed");
  request.set_absent(true);
  pipeline::PluginCall wanted = call_of("Publish", std::move(key));
  auto called = co_await pipeline::call<v1::PublishReply>(services_.plugins, std::move(wanted), request);
  Written written;
  if (called.reply) {
    written.changed = called.reply->changed();
  } else {
    written.status = called.reply.error();
    written.stuck = called.failure.pause;
  }
  co_return written;
}

asio::awaitable<Provider::Written> Provider::withdraw(std::string owner, std::string value,
                                                      std::string key) const {
  v1::WithdrawRequest request;
  request.set_zone(zone_);
  request.set_name(std::move(owner));
  request.set_value(std::move(value));
  pipeline::PluginCall wanted = call_of("Withdraw", std::move(key));
  auto called = co_await pipeline::call<v1::WithdrawReply>(services_.plugins, std::move(wanted), request);
  Written written;
  if (called.reply) {
    written.changed = called.reply->changed();
  } else {
    written.status = called.reply.error();
    written.stuck = called.failure.pause;
  }
  co_return written;
}

}  // namespace paynamed::moves
