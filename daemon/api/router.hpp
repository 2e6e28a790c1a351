// Router: method and path template -> handler.
//
// Threads: filled before the first match(), constant afterwards.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "api/message.hpp"
#include "api/streamed_answer.hpp"

namespace paynamed::api {

// A handler that answers at once runs where the request was read, without a coroutine; one that waits is a
// coroutine; one whose answer goes on opens it at once.
using DirectHandler = std::function<Response(Request&)>;
using WaitingHandler = std::function<boost::asio::awaitable<Response>(Request&)>;
using StreamingHandler = std::function<Opened(Request&)>;
using Handler = std::variant<DirectHandler, WaitingHandler, StreamingHandler>;

// Who may call a route.
enum class Access {
  kPublic,        // anybody, unlimited: health and documentation
  kOpen,          // anybody, known by a key when one is sent; who sends none is limited by address
  kLocalOrKeyed,  // from this machine, or with a key
  kKeyed,         // with a key
};

struct Route {
  std::string method;
  std::string path;  // "/v1/names/{name}"; a {part} is one segment
  Access access = Access::kKeyed;
  Handler handler;
  std::string_view other_media = {};  // what a GET may answer besides application/json
};

class Router {
 public:
  void add(Route route);

  struct Match {
    const Route* route = nullptr;           // nullptr: see `allowed`
    std::vector<std::string> arguments;     // decoded segments
    std::vector<std::string_view> allowed;  // the methods of this path when the method was the only mistake
  };
  Match match(std::string_view method, std::string_view path) const;

  const std::vector<Route>& routes() const { return routes_; }

 private:
  std::vector<Route> routes_;
  std::vector<std::vector<std::string>> segments_;  // of each route
};

}  // namespace paynamed::api
