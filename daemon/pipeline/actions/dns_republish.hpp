// Republish: dns.publish of a repair. The name's own record stands again, alone, in place of whatever stands
// there.
//
// Threads: as Action.
#pragma once

#include "pipeline/actions/dns_zone.hpp"

namespace paynamed::pipeline {

class Republish {
 public:
  explicit Republish(const Services& services) : zone_(services) {}

  // As those of Action.
  boost::asio::awaitable<base::Result<boost::json::object>> prepare(const StepContext& context) const;
  boost::asio::awaitable<StepResult> perform(const StepContext& context) const;
  // Takes nothing back: the record that a repair publishes is the name's before it and after it.
  boost::asio::awaitable<UndoResult> undo(const StepContext& context) const;

 private:
  boost::asio::awaitable<base::Result<boost::json::object>> prepare_at(
      const StepContext& context, const RecordPlace& place, const names::Publication& allowed) const;
  boost::asio::awaitable<UndoResult> undo_at(const StepContext& context, const boost::json::object& intent,
                                             boost::json::object waited) const;

  DnsZone zone_;
};

}  // namespace paynamed::pipeline
