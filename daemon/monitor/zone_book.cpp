#include "monitor/zone_book.hpp"

namespace paynamed::monitor {

ZoneNotes& ZoneBook::of(const std::string& domain) {
  if (const auto known = places_.find(domain); known != places_.end()) {
    recent_.splice(recent_.begin(), recent_, known->second);
    return known->second->second;
  }
  recent_.emplace_front(domain, ZoneNotes{});
  places_[domain] = recent_.begin();
  if (recent_.size() > most_) {
    places_.erase(recent_.back().first);
    recent_.pop_back();
  }
  return recent_.front().second;
}

ZoneNotes ZoneBook::notes_of(const std::string& domain) {
  const std::lock_guard lock(mutex_);
  return of(domain);
}

ZoneNotes ZoneBook::take_turn(const std::string& domain) {
  const std::lock_guard lock(mutex_);
  ZoneNotes& notes = of(domain);
  ++notes.turn;
  return notes;
}

void ZoneBook::set_servers(const std::string& domain, std::vector<ServerAddress> servers,
                           base::MonotonicTime now) {
  const std::lock_guard lock(mutex_);
  of(domain).servers = {std::move(servers), now};
}

void ZoneBook::set_silent(const std::string& domain, std::string why, base::MonotonicTime now) {
  const std::lock_guard lock(mutex_);
  ZoneNotes& notes = of(domain);
  notes.servers.reset();
  notes.silent = {std::move(why), now};
}

void ZoneBook::set_trunk(const std::string& domain, std::vector<std::uint8_t> trunk,
                         base::MonotonicTime now) {
  const std::lock_guard lock(mutex_);
  ZoneNotes& notes = of(domain);
  notes.trunk = {std::move(trunk), now};
  notes.broken.reset();
}

void ZoneBook::set_broken(const std::string& domain, std::string why, base::MonotonicTime now) {
  const std::lock_guard lock(mutex_);
  of(domain).broken = {std::move(why), now};
}

}  // namespace paynamed::monitor
