// EventServer: lets somebody follow events. It listens by itself, reads the log with Events (events.hpp) and
// asks Auth (auth.hpp) who a caller is.
//
// Derive from EventServer (answers through Reply, must not wait) or from Blocking<EventServer> (straight code
// on threads of the plugin's own, blocking.hpp), override all three. What each method promises stands in
// paynamed/plugin/v1/event_server.proto.
//
// Threads: EventServer's functions run on the strand, Blocking<EventServer>'s on the plugin's threads.
#pragma once

#include <paynamed/plugin/v1/event_server.pb.h>

#include "paynamed/blocking.hpp"
#include "paynamed/module.hpp"
#include "paynamed/plugin.hpp"

namespace paynamed {

// `Returns<T> f(Request, Second<T>)` is `void f(Request, Reply<T>)` or `T f(Request, Call&)`, as Style has
// it.
template <class Style>
class BasicEventServer : public Style {
 public:
  using BlockingForm = BasicEventServer<BlockingStyle>;
  static constexpr const char* kContract = "paynamed.plugin.v1.EventServer";
  using StartServerRequest = plugin::v1::StartServerRequest;
  using StartServerReply = plugin::v1::StartServerReply;
  using DrainServerRequest = plugin::v1::DrainServerRequest;
  using DrainServerReply = plugin::v1::DrainServerReply;
  using ServerStatusRequest = plugin::v1::ServerStatusRequest;
  using ServerStatusReply = plugin::v1::ServerStatusReply;

  using Style::Style;

 protected:
  template <class T>
  using Returns = typename Style::template Returns<T>;
  template <class T>
  using Second = typename Style::template Second<T>;

 public:
  virtual Returns<StartServerReply> start(StartServerRequest /*request*/, Second<StartServerReply> reply) {
    return Style::template unimplemented<StartServerReply>(reply);
  }
  virtual Returns<DrainServerReply> drain(DrainServerRequest /*request*/, Second<DrainServerReply> reply) {
    return Style::template unimplemented<DrainServerReply>(reply);
  }
  virtual Returns<ServerStatusReply> status(ServerStatusRequest /*request*/,
                                            Second<ServerStatusReply> reply) {
    return Style::template unimplemented<ServerStatusReply>(reply);
  }

  void dispatch(std::string_view method, std::string_view request, detail::RawReply reply) final {
    using Self = BasicEventServer;
    static constexpr std::array kRoutes = {
        Style::template make_route<&Self::start>("Start", &Self::start),
        Style::template make_route<&Self::drain>("Drain", &Self::drain),
        Style::template make_route<&Self::status>("Status", &Self::status),
    };
    Style::route(*this, kRoutes, method, request, std::move(reply));
  }
};

using EventServer = BasicEventServer<Asynchronous>;

}  // namespace paynamed
