// Plugin: what all contracts have in common, and how a method's name and bytes become a call of a typed
// function. Authors derive from a contract (dns_provider.hpp, node_backend.hpp), never from here.
//
// Threads: the frame calls every function on the strand.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "paynamed/config.hpp"
#include "paynamed/host.hpp"
#include "paynamed/reply.hpp"

namespace paynamed {

class Plugin {
 public:
  // The author's words, found without a namespace in every plugin class.
  template <class T>
  using Reply = paynamed::Reply<T>;
  using Call = paynamed::Call;
  using Code = paynamed::Code;
  using Error = paynamed::Error;

  Plugin() = default;
  Plugin(const Plugin&) = delete;
  Plugin& operator=(const Plugin&) = delete;
  virtual ~Plugin() = default;

  // Answers `reply` now or later. Written once per contract.
  virtual void dispatch(std::string_view method, std::string_view request, detail::RawReply reply) = 0;

  // Comes once, after all open calls were marked as cancelled; no call follows. End what is open, join your
  // threads, then call `done` once, from any thread, now or later. The destructor follows.
  virtual void stop(std::function<void()> done) { done(); }
};

namespace detail {

template <class Contract>
struct Route {
  std::string_view name;
  void (*run)(Contract& plugin, std::string_view request, RawReply reply);
};

// Fails the call and gives false if the bytes are no such message.
template <class Message>
bool decode(std::string_view bytes, Message& message, const RawReply& reply) {
  if (bytes.size() <= INT32_MAX && message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())))
    return true;
  reply->fail(
      Error(Code::kInvalidArgument, "The request " + reply->call().method() + " could not be decoded."));
  return false;
}

template <class Contract, std::size_t count>
const Route<Contract>* find_route(const std::array<Route<Contract>, count>& routes, std::string_view method,
                                  const RawReply& reply) {
  for (const auto& route : routes) {
    if (route.name == method) return &route;
  }
  reply->fail(
      Error(Code::kUnimplemented, "The plugin's contract has no method " + std::string(method) + "."));
  return nullptr;
}

}  // namespace detail

// The style in which a contract is written by default: void publish(PublishRequest request,
// Reply<PublishReply> reply). A function runs on the strand and must not wait; it answers now or keeps the
// Reply and answers later.
class Asynchronous : public Plugin {
 protected:
  template <class T>
  using Returns = void;
  template <class T>
  using Second = paynamed::Reply<T>;

  template <class T>
  static void unimplemented(Reply<T>& reply) {
    reply.fail(Code::kUnimplemented, "This plugin does not have the method " + reply.call().method() + ".");
  }

  template <auto function, class Contract, class Request, class ReplyMessage>
  static constexpr detail::Route<Contract> make_route(std::string_view name,
                                                      void (Contract::*)(Request, Reply<ReplyMessage>)) {
    return {name, [](Contract& plugin, std::string_view bytes, detail::RawReply reply) {
              Request request;
              if (!detail::decode(bytes, request, reply)) return;
              try {
                (plugin.*function)(std::move(request), Reply<ReplyMessage>(reply));
              } catch (...) {
                reply->fail(detail::current_error());
              }
            }};
  }

  template <class Contract, std::size_t count>
  void route(Contract& plugin, const std::array<detail::Route<Contract>, count>& routes,
             std::string_view method, std::string_view request, detail::RawReply reply) {
    if (const auto* found = detail::find_route(routes, method, reply)) {
      found->run(plugin, request, std::move(reply));
    }
  }
};

}  // namespace paynamed
