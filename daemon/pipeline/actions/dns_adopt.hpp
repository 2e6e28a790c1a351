// Adopt: dns.publish of a registration that takes over what stands at the name already.
//
// A record that is fine stays as it is; where the provider keeps comments it gets ours, and nothing else in
// the DNS changes. By a take-over one record is published in place of exactly what was looked at.
//
// Threads: as Action.
#pragma once

#include "pipeline/actions/dns_zone.hpp"

namespace paynamed::pipeline {

class Adopt {
 public:
  explicit Adopt(const Services& services) : zone_(services) {}

  // As those of Action.
  boost::asio::awaitable<base::Result<boost::json::object>> prepare(const StepContext& context) const;
  boost::asio::awaitable<StepResult> perform(const StepContext& context) const;
  // What stood there stands again. Of several records that a take-over replaced none can come back, because
  // no provider publishes two: then the one that is left stays, which says what one of them said.
  boost::asio::awaitable<UndoResult> undo(const StepContext& context) const;

 private:
  boost::asio::awaitable<base::Result<boost::json::object>> prepare_as_it_is(const StepContext& context,
                                                                             RecordPlace place) const;
  boost::asio::awaitable<base::Result<boost::json::object>> prepare_take_over(const StepContext& context,
                                                                              RecordPlace place) const;
  boost::asio::awaitable<UndoResult> put_back(const StepContext& context, RecordPlace place,
                                              std::string stands, std::string wanted) const;

  DnsZone zone_;
};

}  // namespace paynamed::pipeline
