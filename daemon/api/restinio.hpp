// RESTinio on our Asio. To be included instead of <restinio/...>, and by server.cpp only: it costs most of a
// minute.
//
// RESTinio 0.6.16 uses three names that Asio offers only together with its deprecated interfaces. The daemon
// compiles Asio without those, and mixing the two in one program is not an option: they allocate handlers
// differently. So the three names are given here.
#pragma once

#define RESTINIO_USE_BOOST_ASIO 1
#include <boost/asio.hpp>

namespace restinio::asio_ns {

template <class Pointer, class Buffer>
Pointer buffer_cast(const Buffer& buffer) {
  return static_cast<Pointer>(buffer.data());
}

namespace ip {

using namespace ::boost::asio::ip;

class address : public ::boost::asio::ip::address {
 public:
  address() = default;
  address(const ::boost::asio::ip::address& other) : ::boost::asio::ip::address(other) {}
  static address from_string(const std::string& text) { return ::boost::asio::ip::make_address(text); }
};

}  // namespace ip
}  // namespace restinio::asio_ns

#define max_connections max_listen_connections
#include <restinio/http_server.hpp>
#undef max_connections
