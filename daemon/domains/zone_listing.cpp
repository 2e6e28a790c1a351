#include "domains/zone_listing.hpp"

#include <fmt/format.h>

#include <span>

#include "net/dns_wire.hpp"

namespace paynamed::domains {
namespace asio = boost::asio;
namespace v1 = paynamed::plugin::v1;
using base::Result;
using base::Status;

namespace {

// One request of a provider, with its own attempts.
constexpr base::Duration kAskTimeout{30'000};
constexpr std::uint32_t kRecordsAPage = 1'000;
// A provider whose pages do not end would be asked for ever.
constexpr int kMostPages = 1'000'000;

std::span<const std::uint8_t> bytes_of(const std::string& text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

}  // namespace

// Takes what providers say, which is text from outside.
class ZoneReader::Collector {
 public:
  Collector(ZoneListing& listing, const std::string& domain, const ListingLimits& limits)
      : listing_(listing), suffix_(names_suffix(domain)), limits_(limits) {}

  Status take(const v1::TxtRecord& record) {
    return add(record.name(), {record.value(), record.ttl_seconds(), record.comment()});
  }

  Status take(const v1::ZoneRecord& record, bool only_aliases) {
    const auto type = static_cast<net::DnsType>(record.type());
    if (type == net::DnsType::kCname || type == net::DnsType::kDname) {
      if (const auto owner = owner_of(record.name()))
        listing_.owners[*owner].alias = type == net::DnsType::kCname ? "CNAME" : "DNAME";
      return {};
    }
    if (only_aliases || type != net::DnsType::kTxt) return {};
    const auto value = net::txt_value(bytes_of(record.rdata()));
    if (!value) return {};
    return add(record.name(), {*value, record.ttl_seconds(), {}});
  }

 private:
  std::optional<std::string> owner_of(const std::string& name) const {
    auto normal = net::normal_name(name);
    if (!normal || !net::is_at_or_below(*normal, suffix_)) return std::nullopt;
    return normal;
  }

  Status add(const std::string& name, TxtRecord record) {
    const auto owner = owner_of(name);
    if (!owner) return {};
    bytes_ += owner->size() + record.value.size() + record.comment.size() + sizeof record;
    if (++records_ > limits_.records || bytes_ > limits_.bytes) {
      return base::resource_exhausted(
          fmt::format("{} has more than {} records, too many to look at at once", suffix_, limits_.records));
    }
    listing_.owners[*owner].txt.push_back(std::move(record));
    return {};
  }

  ZoneListing& listing_;
  const std::string suffix_;
  const ListingLimits& limits_;
  std::size_t records_ = 0;
  std::size_t bytes_ = 0;
};

template <class Reply, class Request>
asio::awaitable<Result<Reply>> ZoneReader::ask(std::string instance, std::string method, Request request,
                                               base::Duration timeout) const {
  pipeline::PluginCall call;
  call.instance = std::move(instance);
  call.method = std::move(method);
  call.request = request.SerializeAsString();
  call.timeout = timeout;
  const std::string asked = fmt::format("instance '{}' answered {}", call.instance, call.method);
  const pipeline::PluginAnswer answer = co_await call_plugin_(std::move(call));
  if (!answer.reply) co_return base::fail(answer.reply.error());
  Reply reply;
  if (!reply.ParseFromString(*answer.reply))
    co_return base::fail(base::internal(asked + " with bytes that are no such reply; tell its author"));
  co_return reply;
}

template <class Reply, class Request>
asio::awaitable<Result<Reply>> ZoneReader::list_page(ZonePlace place, std::string method, Request request,
                                                     base::MonotonicTime end) const {
  const auto left = std::chrono::duration_cast<base::Duration>(end - clock_.monotonic());
  if (left.count() <= 0) {
    co_return base::fail(base::deadline_exceeded(
        fmt::format("instance '{}' did not list all of {} within {} s; ask again when it has less to do",
                    place.instance, place.zone, limits_.time / std::chrono::seconds{1})));
  }
  co_return co_await ask<Reply>(std::move(place.instance), std::move(method), std::move(request), left);
}

asio::awaitable<Result<v1::DescribeDnsReply>> ZoneReader::describe(ZonePlace place) const {
  v1::DescribeDnsRequest request;
  request.set_zone(place.zone + ".");
  co_return co_await ask<v1::DescribeDnsReply>(std::move(place.instance), "Describe", std::move(request),
                                               kAskTimeout);
}

asio::awaitable<Result<v1::SigningStatusReply>> ZoneReader::signing_status(ZonePlace place) const {
  v1::SigningStatusRequest request;
  request.set_zone(place.zone + ".");
  co_return co_await ask<v1::SigningStatusReply>(std::move(place.instance), "SigningStatus",
                                                 std::move(request), kAskTimeout);
}

asio::awaitable<Result<std::vector<TxtRecord>>> ZoneReader::read_name(ZonePlace place,
                                                                      std::string owner) const {
  v1::ReadRequest request;
  request.set_zone(place.zone + ".");
  request.set_name(owner);
  const auto reply =
      co_await ask<v1::ReadReply>(std::move(place.instance), "Read", std::move(request), kAskTimeout);
  if (!reply) co_return base::fail(reply.error());
  std::vector<TxtRecord> records;
  for (const v1::TxtRecord& each : reply->records())
    records.push_back({each.value(), each.ttl_seconds(), each.comment()});
  co_return records;
}

asio::awaitable<Status> ZoneReader::list_names(ZonePlace place, base::MonotonicTime end,
                                               Collector& collector) const {
  v1::ListNamesRequest request;
  request.set_zone(place.zone + ".");
  request.set_suffix(names_suffix(place.domain));
  request.set_limit(kRecordsAPage);
  for (int page = 0; page < kMostPages; ++page) {
    const auto reply = co_await list_page<v1::ListNamesReply>(place, "ListNames", request, end);
    if (!reply) co_return reply.error();
    for (const v1::TxtRecord& record : reply->records()) {
      if (Status taken = collector.take(record); !taken.ok()) co_return taken;
    }
    if (reply->next_page().empty()) co_return Status{};
    if (reply->next_page() == request.page()) break;
    request.set_page(reply->next_page());
  }
  co_return base::internal(
      fmt::format("the pages that instance '{}' lists do not end; tell its author", place.instance));
}

asio::awaitable<Status> ZoneReader::list_zone(ZonePlace place, base::MonotonicTime end, bool only_aliases,
                                              Collector& collector) const {
  v1::ListZoneRequest request;
  request.set_zone(place.zone + ".");
  request.set_limit(kRecordsAPage);
  for (int page = 0; page < kMostPages; ++page) {
    const auto reply = co_await list_page<v1::ListZoneReply>(place, "ListZone", request, end);
    if (!reply) co_return reply.error();
    for (const v1::ZoneRecord& record : reply->records()) {
      if (Status taken = collector.take(record, only_aliases); !taken.ok()) co_return taken;
    }
    if (reply->next_page().empty()) co_return Status{};
    if (reply->next_page() == request.page()) break;
    request.set_page(reply->next_page());
  }
  co_return base::internal(
      fmt::format("the pages that instance '{}' lists do not end; tell its author", place.instance));
}

asio::awaitable<Result<ZoneListing>> ZoneReader::read(ZonePlace place) const {
  const base::MonotonicTime end = clock_.monotonic() + limits_.time;
  ZoneListing listing;
  listing.begun = clock_.wall();
  const auto described = co_await describe(place);
  if (!described) co_return base::fail(described.error());
  if (!described->list_names() && !described->list_zone()) {
    co_return base::fail(base::unimplemented(fmt::format(
        "instance '{}' cannot list what is in its zone; its plugin does not do that", place.instance)));
  }
  listing.shows_aliases = described->list_zone();
  listing.has_comments = described->comments() && described->list_names();
  Collector collector{listing, place.domain, limits_};
  // The names' own listing has comments; that of the zone has aliases.
  const bool by_name = described->list_names() && (described->comments() || !described->list_zone());
  if (by_name) {
    if (Status read = co_await list_names(place, end, collector); !read.ok()) co_return base::fail(read);
  }
  if (described->list_zone()) {
    if (Status read = co_await list_zone(place, end, by_name, collector); !read.ok())
      co_return base::fail(read);
  }
  co_return listing;
}

}  // namespace paynamed::domains
