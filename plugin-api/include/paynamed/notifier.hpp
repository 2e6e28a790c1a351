// Notifier: pushes an event to somebody. Queue, schedule, retries, rate and dead letters are the daemon's; a
// notifier makes one attempt a call.
//
// Derive from Notifier (answers through Reply, must not wait) or from Blocking<Notifier> (straight code on
// threads of the plugin's own, blocking.hpp), override what the plugin has; the rest answers UNIMPLEMENTED.
// What each method promises stands in paynamed/plugin/v1/notifier.proto. The keys of a target are handles:
// Secret(host, key.handle()) reads one, at each use.
//
// Threads: Notifier's functions run on the strand, Blocking<Notifier>'s on the plugin's threads.
#pragma once

#include <paynamed/plugin/v1/notifier.pb.h>

#include "paynamed/blocking.hpp"
#include "paynamed/module.hpp"
#include "paynamed/plugin.hpp"

namespace paynamed {

// `Returns<T> f(Request, Second<T>)` is `void f(Request, Reply<T>)` or `T f(Request, Call&)`, as Style has
// it.
template <class Style>
class BasicNotifier : public Style {
 public:
  using BlockingForm = BasicNotifier<BlockingStyle>;
  static constexpr const char* kContract = "paynamed.plugin.v1.Notifier";
  using NotifierTarget = plugin::v1::NotifierTarget;
  using SigningKey = plugin::v1::SigningKey;
  using DescribeNotifierRequest = plugin::v1::DescribeNotifierRequest;
  using DescribeNotifierReply = plugin::v1::DescribeNotifierReply;
  using CheckTargetRequest = plugin::v1::CheckTargetRequest;
  using CheckTargetReply = plugin::v1::CheckTargetReply;
  using DeliverRequest = plugin::v1::DeliverRequest;
  using DeliverReply = plugin::v1::DeliverReply;

  using Style::Style;

 protected:
  template <class T>
  using Returns = typename Style::template Returns<T>;
  template <class T>
  using Second = typename Style::template Second<T>;

 public:
  virtual Returns<DescribeNotifierReply> describe(DescribeNotifierRequest /*request*/,
                                                  Second<DescribeNotifierReply> reply) {
    return Style::template unimplemented<DescribeNotifierReply>(reply);
  }
  virtual Returns<CheckTargetReply> check_target(CheckTargetRequest /*request*/,
                                                 Second<CheckTargetReply> reply) {
    return Style::template unimplemented<CheckTargetReply>(reply);
  }
  virtual Returns<DeliverReply> deliver(DeliverRequest /*request*/, Second<DeliverReply> reply) {
    return Style::template unimplemented<DeliverReply>(reply);
  }

  void dispatch(std::string_view method, std::string_view request, detail::RawReply reply) final {
    using Self = BasicNotifier;
    static constexpr std::array kRoutes = {
        Style::template make_route<&Self::describe>("Describe", &Self::describe),
        Style::template make_route<&Self::check_target>("CheckTarget", &Self::check_target),
        Style::template make_route<&Self::deliver>("Deliver", &Self::deliver),
    };
    Style::route(*this, kRoutes, method, request, std::move(reply));
  }
};

using Notifier = BasicNotifier<Asynchronous>;

}  // namespace paynamed
