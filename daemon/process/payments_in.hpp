// PaymentsIn: taking payments in and making invoices and orders, at work in the daemon.
//
// Threads: start() and stop() once each, one after the other; everything else from any thread. What it is
// given must outlive it, and it the io_context's run.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <vector>

#include "api/dependencies.hpp"
#include "payments/invoice_maker.hpp"
#include "payments/order_ends.hpp"
#include "payments/order_maker.hpp"
#include "payments/watcher.hpp"
#include "process/watch_parts.hpp"

namespace paynamed::process {

class PaymentsIn {
 public:
  PaymentsIn(boost::asio::io_context& io, payments::Services services);

  void start();
  // As Watcher's.
  void nodes_changed() { watcher_.nodes_changed(); }
  void refresh();
  // False when something did not end within `most`.
  boost::asio::awaitable<bool> stop(base::Duration most);

  std::vector<payments::WatchStatus> statuses() const { return watcher_.statuses(); }
  api::Payments for_api();

 private:
  payments::ReadState read_state(std::string_view instance, std::string_view reference) const;

  const payments::Services services_;
  payments::Watcher watcher_;
  payments::NodeDescriptions descriptions_;
  payments::InvoiceMaker invoices_;
  payments::OrderMaker orders_;
  payments::OrderEnds order_ends_;
  WatchParts parts_;
};

}  // namespace paynamed::process
