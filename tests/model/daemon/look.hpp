// What a tenant sees of the daemon, for comparing it with what it should be.
//
// Threads: belongs to the thread of the daemon's io_context.
#pragma once

#include <boost/json/object.hpp>
#include <string>

#include "tests/model/daemon/parts.hpp"

namespace paynamed::model {

// Names, offers, invoices, payments, open and paused runs, events after a seq, invoices that are being made,
// and how far the node's payments were read. Throws std::runtime_error when something cannot be read.
boost::json::object look(Parts& parts, const std::string& tenant, std::uint64_t after);
// Of all tenants: each name with its value in DNS and whether a run is at work on it.
boost::json::array names(Parts& parts);
// One sentence for each thing that is wrong with the hash chain or the read models.
boost::json::array prove(Parts& parts);

}  // namespace paynamed::model
