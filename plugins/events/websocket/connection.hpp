// Makes connections: the only door to Boost.Beast, whose headers are expensive.
//
// Threads: on the worker's thread.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <memory>

#include "worker.hpp"

namespace paynamed::websocket {

// Takes an accepted socket, whose peer has its place in Worker::places() by that name, and serves it. `tls`
// may be null.
void serve(Worker& worker, boost::asio::ip::tcp::socket socket, std::string peer_address,
           std::string peer_place, const std::shared_ptr<boost::asio::ssl::context>& tls);

}  // namespace paynamed::websocket
