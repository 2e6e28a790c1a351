// Asio is compiled once, here (BOOST_ASIO_SEPARATE_COMPILATION): it halves the build time of every user.
#include <boost/asio/impl/src.hpp>
