// OriginPlaces: how many requests one server gets at once. The others wait for a place: interactive ones
// first, each kind in its order, and one background request after every eight interactive ones that overtook
// it.
//
// Threads: every function may be called from any thread; waits resume on the caller's executor. The clock
// must outlive it and every wait.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <memory>
#include <string>

#include "base/clock.hpp"
#include "base/result.hpp"

namespace paynamed::net {

class OriginPlaces {
 public:
  // `most` for one server; 0: as many as come. Timers of those who wait run on `executor`.
  OriginPlaces(boost::asio::any_io_executor executor, base::Clock& clock, std::size_t most);
  ~OriginPlaces() { end_waits(); }
  OriginPlaces(const OriginPlaces&) = delete;
  OriginPlaces& operator=(const OriginPlaces&) = delete;

  // Whoever waits gets CANCELLED. To be called by whom those who wait keep alive.
  void end_waits();

  // A place, given back when this ends.
  class Place {
   public:
    Place() = default;
    Place(Place&& other) noexcept = default;
    Place& operator=(Place&& other) noexcept;
    ~Place();

   private:
    friend class OriginPlaces;
    std::shared_ptr<struct OriginPlacesState> state_;
    std::string origin_;
  };

  // DEADLINE_EXCEEDED when there is no place before `end`, CANCELLED.
  boost::asio::awaitable<base::Result<Place>> take(std::string origin, bool background,
                                                   base::MonotonicTime end);

 private:
  const boost::asio::any_io_executor executor_;
  base::Clock& clock_;
  const std::shared_ptr<struct OriginPlacesState> state_;
};

}  // namespace paynamed::net
