// The bare SQLite loop that taking payments in is measured against: the same file, pragmas, schema and rows,
// written by one thread in a plain loop. Whose each payment is was decided before, and its events are ready
// and checked.
//
// Threads: functions block their caller; each call uses a file of its own.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "state/units.hpp"

namespace paynamed::bench {

// An offer in a file of names_file.hpp.
struct FileOffer {
  std::string offer_id;
  std::string name;
  std::string owner;
  std::string reference;
};
std::vector<FileOffer> offers_in(const std::string& path);

class ReadyPayments {
 public:
  // So many payments of these offers in turn, in transactions of `group`. `first` is the number of the first:
  // payments of other numbers are other ones.
  ReadyPayments(const std::vector<FileOffer>& offers, std::size_t first, std::size_t count,
                std::size_t group);

  // Writes all of them into the file at `path`, which has the names of the offers. Payments per second.
  double write(const std::string& path) const;

 private:
  std::size_t count_ = 0;
  std::vector<state::AppendUnit> units_;
};

}  // namespace paynamed::bench
