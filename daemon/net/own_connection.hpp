// Whether the other end of a loopback connection is in this process.
//
// Threads: may be called from any thread.
#pragma once

#include <boost/asio/ip/tcp.hpp>

namespace paynamed::net {

// True when a socket of this process has `remote` as its own address and `local` as the other's.
bool is_own_connection(const boost::asio::ip::tcp::endpoint& local,
                       const boost::asio::ip::tcp::endpoint& remote);

}  // namespace paynamed::net
