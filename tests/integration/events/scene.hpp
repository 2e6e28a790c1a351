// A WebSocket server with a log, and clients.
//
// Threads: of the test.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <memory>
#include <string>
#include <vector>

#include "tests/fakes/event_host/event_host.hpp"
#include "tests/fakes/websocket/websocket_client.hpp"
#include "tests/unit/state/state_fixture.hpp"

namespace paynamed {

class WebSocketScene : public ::testing::Test {
 protected:
  // With what differs from a server at a port of the system's choice.
  void start(boost::json::object table = {});
  fakes::EventHost& host() { return *host_; }

  // Connected, with the key.
  fakes::WebSocketClient client();
  // The same, and one subscription with these members; its reply is read.
  fakes::WebSocketClient subscriber(const std::string& members = "");

  // What the plugin says of itself.
  std::uint64_t connections();
  std::uint64_t subscriptions();
  // Waits until the plugin has so many connections.
  void await_connections(std::uint64_t count);

  state::TemporaryDirectory directory_;
  std::unique_ptr<fakes::EventHost> host_;
};

// {"id":1,"subscribe":{...}}
std::string subscribe(const std::string& members);
// Of the next event; fails the test when the next message is none.
std::uint64_t next_seq(fakes::WebSocketClient& client);
std::vector<std::uint64_t> next_seqs(fakes::WebSocketClient& client, std::size_t count);
std::string text_in(const boost::json::object& object, const std::string& outer, const std::string& member);

}  // namespace paynamed
