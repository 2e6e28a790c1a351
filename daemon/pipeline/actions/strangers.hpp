// Strangers' records at a name of ours: what may be replaced by one change, and how a request says so.
//
// Threads: as Action.
#pragma once

#include <string>
#include <vector>

#include "pipeline/actions/dns_zone.hpp"

namespace paynamed::pipeline {

// FAILED_PRECONDITION when there are too many for one change, or several and the provider replaces only one.
boost::asio::awaitable<base::Result<void>> check_replaceable(const DnsZone& zone, const StepContext& context,
                                                             const RecordPlace& place,
                                                             const std::vector<std::string>& found);

// Exactly these values stand there.
void expect(plugin::v1::PublishRequest& request, const std::vector<std::string>& found);

// "where nothing stood", "in place of another record", "in place of 3 records".
std::string counted(std::size_t records);

base::Status unreadable_intent();

}  // namespace paynamed::pipeline
