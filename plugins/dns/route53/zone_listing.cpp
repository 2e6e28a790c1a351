#include "zone_listing.hpp"

#include <algorithm>
#include <charconv>

#include "owner_name.hpp"
#include "txt_value.hpp"
#include "wire_record.hpp"

namespace paynamed::route53 {
namespace v1 = plugin::v1;
namespace {

constexpr std::uint32_t kMostSets = 300;  // of one answer
constexpr char kSeparator = ' ';          // stands in no name, type or number; an identifier comes last

// At least one: an alias has no values, but it is there.
std::size_t records_of(const RecordSet& set) {
  return std::max<std::size_t>(1, set.values.size());
}

std::string shown(const std::string& route53_name) {
  return to_master_file(route53_name).value_or(route53_name);
}

std::string next_word(std::string_view& text) {
  const auto end = std::min(text.find(kSeparator), text.size());
  std::string word(text.substr(0, end));
  text.remove_prefix(std::min(end + 1, text.size()));
  return word;
}

Error no_page() {
  return Error(Code::kInvalidArgument, "The page is not one that this plugin gave; begin with an empty one.");
}

}  // namespace

std::string ZoneListing::page_of(const Position& position, std::size_t skip) {
  return position.name + kSeparator + position.type + kSeparator + std::to_string(skip) + kSeparator +
         position.identifier;
}

std::optional<ZoneListing::Place> ZoneListing::place_of(const std::string& page) {
  Place place;
  std::string_view rest = page;
  place.position.name = next_word(rest);
  place.position.type = next_word(rest);
  const std::string skip = next_word(rest);
  place.position.identifier = rest;
  const auto read = std::from_chars(skip.data(), skip.data() + skip.size(), place.skip);
  const bool is_type =
      !place.position.type.empty() && place.position.type.size() <= 16 &&
      place.position.type.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") == std::string::npos;
  if (read.ec != std::errc() || read.ptr != skip.data() + skip.size() || !is_type ||
      !to_master_file(place.position.name)) {
    return std::nullopt;
  }
  return place;
}

void ZoneListing::ask(const HostedZone& zone, const Place& place, std::uint32_t limit, const Call& call,
                      std::function<void(Result<ListPage>)> then) {
  ApiRequest request;
  request.path = "hostedzone/" + zone.id + "/rrset";
  request.query = {{"maxitems", std::to_string(std::clamp(limit, 1U, kMostSets))}};
  if (!place.position.name.empty()) request.query.emplace_back("name", place.position.name);
  if (!place.position.type.empty()) request.query.emplace_back("type", place.position.type);
  if (!place.position.identifier.empty()) request.query.emplace_back("identifier", place.position.identifier);
  request.background = call.background();
  request.doing = "listing " + zone.name;
  api_.ask<ListPage>(std::move(request), call, read_list_page, std::move(then));
}

template <class Add>
std::string ZoneListing::take(const ListPage& page, const Place& place, std::uint32_t limit, const Add& add) {
  std::uint32_t taken = 0;
  for (const RecordSet& set : page.sets) {
    const Position position{set.name, set.type, set.identifier};
    const bool is_first = &set == &page.sets.front();
    // The set that a page began with may have changed or gone meanwhile.
    const bool skips = is_first && set.name == place.position.name && set.type == place.position.type &&
                       set.identifier == place.position.identifier;
    for (std::size_t i = skips ? place.skip : 0; i < records_of(set); ++i) {
      if (taken == limit) return page_of(position, i);
      if (add(set, i)) ++taken;
    }
  }
  return page.next ? page_of(*page.next, 0) : std::string();
}

void ZoneListing::names(const HostedZone& zone, const std::string& suffix, const std::string& page,
                        std::uint32_t limit, const Call& call,
                        std::function<void(Result<v1::ListNamesReply>)> then) {
  auto place = page.empty() ? std::optional(Place{{suffix, {}, {}}, 0}) : place_of(page);
  if (!place || !is_in_zone(place->position.name, suffix)) return then(no_page());
  limit = limit == 0 ? kMostSets : limit;
  ask(zone, *place, limit, call,
      [place = *place, suffix, limit, then = std::move(then)](Result<ListPage> answer) {
        if (!answer.ok()) return then(answer.error());
        v1::ListNamesReply reply;
        std::string next = take(*answer, place, limit, [&](const RecordSet& set, std::size_t i) {
          if (set.type != "TXT" || set.values.empty() || set.name == suffix || !is_in_zone(set.name, suffix))
            return false;
          auto* record = reply.add_records();
          record->set_name(shown(set.name));
          record->set_value(join_txt(set.values[i]).value_or(set.values[i]));
          record->set_ttl_seconds(set.ttl_seconds);
          return true;
        });
        // All names below one stand together.
        const auto next_place = place_of(next);
        if (next_place && is_in_zone(next_place->position.name, suffix)) reply.set_next_page(std::move(next));
        then(std::move(reply));
      });
}

void ZoneListing::records(const HostedZone& zone, const std::string& page, std::uint32_t limit,
                          const Call& call, std::function<void(Result<v1::ListZoneReply>)> then) {
  auto place = page.empty() ? std::optional(Place{}) : place_of(page);
  if (!place) return then(no_page());
  limit = limit == 0 ? kMostSets : limit;
  ask(zone, *place, limit, call,
      [this, place = *place, limit, then = std::move(then)](Result<ListPage> answer) {
        if (!answer.ok()) return then(answer.error());
        v1::ListZoneReply reply;
        std::string next = take(*answer, place, limit, [&](const RecordSet& set, std::size_t i) {
          const auto rdata = set.values.empty() ? std::nullopt : wire_rdata(set.type, set.values[i]);
          if (!rdata || !set.identifier.empty()) {
            const char* why = set.alias                ? "an alias of another AWS resource"
                              : set.identifier.empty() ? "of a type that cannot be converted"
                                                       : "of a routing policy";
            host_.log(Level::kWarning, "The " + set.type + " record at " + shown(set.name) + " is " + why +
                                           "; other providers cannot have it as it is.");
          }
          auto* record = reply.add_records();
          record->set_name(shown(set.name));
          record->set_type(type_number(set.type).value_or(0));
          record->set_ttl_seconds(set.ttl_seconds);
          record->set_rdata(rdata.value_or(std::string()));
          return true;
        });
        reply.set_next_page(std::move(next));
        then(std::move(reply));
      });
}

}  // namespace paynamed::route53
