#include "tests/fakes/dns/fake_dns_server.hpp"

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <thread>

namespace paynamed::fakes {
namespace asio = boost::asio;
using boost::system::error_code;
using Bytes = std::vector<std::uint8_t>;

namespace {

void put16(Bytes& out, unsigned value) {
  out.push_back(static_cast<std::uint8_t>(value >> 8 & 0xff));
  out.push_back(static_cast<std::uint8_t>(value & 0xff));
}

// Plain host names are enough here; no escapes.
Bytes wire_name(const std::string& name) {
  Bytes out;
  for (std::size_t at = 0; at < name.size() && name != ".";) {
    const auto dot = std::min(name.find('.', at), name.size());
    out.push_back(static_cast<std::uint8_t>(dot - at));
    out.insert(out.end(), name.begin() + static_cast<std::ptrdiff_t>(at),
               name.begin() + static_cast<std::ptrdiff_t>(dot));
    at = dot + 1;
  }
  out.push_back(0);
  return out;
}

struct Parsed {
  std::uint16_t id = 0;
  FakeQuestion question;
  Bytes question_wire;
};

// Strict: one question of class IN, no records but one OPT.
std::optional<Parsed> parse(const Bytes& wire) {
  if (wire.size() < 12) return std::nullopt;
  const auto u16 = [&wire](std::size_t at) {
    return static_cast<std::uint16_t>(wire[at] << 8 | wire[at + 1]);
  };
  Parsed parsed;
  parsed.id = u16(0);
  const unsigned flags = u16(2);
  if ((flags & 0xfe8fU) != 0 || u16(4) != 1 || u16(6) != 0 || u16(8) != 0 || u16(10) > 1) return std::nullopt;
  parsed.question.recursion_desired = (flags & 0x0100U) != 0;
  std::size_t at = 12;
  while (at < wire.size() && wire[at] != 0) {
    const std::size_t length = wire[at++];
    if (length > 63 || at + length > wire.size()) return std::nullopt;
    parsed.question.name.append(wire.begin() + static_cast<std::ptrdiff_t>(at),
                                wire.begin() + static_cast<std::ptrdiff_t>(at + length));
    parsed.question.name.push_back('.');
    at += length;
  }
  if (parsed.question.name.empty()) parsed.question.name = ".";
  if (at + 5 > wire.size() || u16(at + 3) != 1) return std::nullopt;
  parsed.question.type = u16(at + 1);
  at += 5;
  parsed.question_wire.assign(wire.begin() + 12, wire.begin() + static_cast<std::ptrdiff_t>(at));
  if (u16(10) == 1) {
    if (at + 11 > wire.size() || wire[at] != 0 || u16(at + 1) != 41) return std::nullopt;
    parsed.question.dnssec_ok = (u16(at + 7) & 0x8000U) != 0;
    at += 11U + u16(at + 9);
  }
  if (at != wire.size()) return std::nullopt;
  return parsed;
}

void put_record(Bytes& out, const FakeRecord& record) {
  const Bytes owner = wire_name(record.owner);
  out.insert(out.end(), owner.begin(), owner.end());
  put16(out, record.type);
  put16(out, 1);
  put16(out, record.ttl >> 16);
  put16(out, record.ttl & 0xffff);
  put16(out, static_cast<unsigned>(record.rdata.size()));
  out.insert(out.end(), record.rdata.begin(), record.rdata.end());
}

Bytes build(const Parsed& parsed, const FakeReply& reply, std::uint16_t id) {
  if (!reply.raw.empty()) {
    Bytes raw = reply.raw;
    if (raw.size() >= 2) {
      raw[0] = static_cast<std::uint8_t>(id >> 8);
      raw[1] = static_cast<std::uint8_t>(id & 0xff);
    }
    return raw;
  }
  Bytes out;
  put16(out, id);
  put16(out, 0x8000U | (reply.authoritative ? 0x0400U : 0U) | (reply.truncated ? 0x0200U : 0U) | reply.rcode);
  put16(out, reply.no_question ? 0 : 1);
  for (const auto* section : {&reply.answer, &reply.authority, &reply.additional}) {
    put16(out, static_cast<unsigned>(section->size()));
  }
  if (!reply.no_question) out.insert(out.end(), parsed.question_wire.begin(), parsed.question_wire.end());
  for (const auto* section : {&reply.answer, &reply.authority, &reply.additional}) {
    for (const auto& record : *section) put_record(out, record);
  }
  return out;
}

}  // namespace

FakeRecord fake_txt(std::string owner, std::vector<std::string> strings, std::uint32_t ttl) {
  FakeRecord record{std::move(owner), 16, ttl, {}};
  for (const auto& each : strings) {
    record.rdata.push_back(static_cast<std::uint8_t>(each.size()));
    record.rdata.insert(record.rdata.end(), each.begin(), each.end());
  }
  return record;
}
FakeRecord fake_a(std::string owner, const std::string& address) {
  const auto bytes = asio::ip::make_address_v4(address).to_bytes();
  return {std::move(owner), 1, 60, {bytes.begin(), bytes.end()}};
}
FakeRecord fake_aaaa(std::string owner, const std::string& address) {
  const auto bytes = asio::ip::make_address_v6(address).to_bytes();
  return {std::move(owner), 28, 60, {bytes.begin(), bytes.end()}};
}
FakeRecord fake_ns(std::string owner, const std::string& server) {
  return {std::move(owner), 2, 60, wire_name(server)};
}
FakeRecord fake_cname(std::string owner, const std::string& target) {
  return {std::move(owner), 5, 60, wire_name(target)};
}
FakeRecord fake_soa(std::string owner, std::uint32_t serial) {
  FakeRecord record{owner, 6, 60, wire_name("ns1." + (owner == "." ? std::string{"test."} : owner))};
  const Bytes mailbox = wire_name("hostmaster.test.");
  record.rdata.insert(record.rdata.end(), mailbox.begin(), mailbox.end());
  for (const std::uint32_t number : {serial, 3600U, 600U, 86400U, 5U}) {
    put16(record.rdata, number >> 16);
    put16(record.rdata, number & 0xffff);
  }
  return record;
}

std::optional<Bytes> fake_dns_reply(const FakeDnsScript& script, const Bytes& message) {
  auto parsed = parse(message);
  if (!parsed) return std::nullopt;
  parsed->question.tcp = true;
  const FakeReply reply = script(parsed->question);
  if (reply.drop) return std::nullopt;
  return build(*parsed, reply, parsed->id);
}

class FakeDnsServer::Server {
 public:
  Server(Script script, std::string address, std::uint16_t port)
      : script_(std::move(script)), address_(std::move(address)), udp_(io_), stranger_(io_), acceptor_(io_) {
    bind(port);
    receive();
    accept();
    thread_ = std::thread([this] { io_.run(); });
  }
  ~Server() {
    io_.stop();
    thread_.join();
  }

  const std::string& address_text() const { return address_; }
  std::uint16_t port() const { return port_; }
  std::vector<FakeQuestion> questions() const {
    const std::lock_guard lock(mutex_);
    return questions_;
  }
  int malformed() const {
    const std::lock_guard lock(mutex_);
    return malformed_;
  }

 private:
  void bind(std::uint16_t port) {
    const auto address = asio::ip::make_address(address_);
    for (int attempt = 0; attempt < 50; ++attempt) {
      error_code error;
      const asio::ip::tcp::endpoint at(address, port);
      acceptor_.open(at.protocol(), error);
      acceptor_.bind(at, error);
      if (!error) {
        port_ = acceptor_.local_endpoint().port();
        const asio::ip::udp::endpoint udp_at(address, port_);
        udp_.open(udp_at.protocol(), error);
        udp_.bind(udp_at, error);
      }
      if (!error) {
        acceptor_.listen();
        stranger_.open(address.is_v4() ? asio::ip::udp::v4() : asio::ip::udp::v6());
        stranger_.bind({address, 0});
        return;
      }
      acceptor_.close(error);
      udp_.close(error);
      if (port != 0) break;
    }
    throw std::runtime_error("no port for a fake DNS server on " + address_);
  }

  std::optional<FakeReply> answer(Parsed& parsed) {
    {
      const std::lock_guard lock(mutex_);
      parsed.question.number = static_cast<int>(questions_.size()) + 1;
      questions_.push_back(parsed.question);
    }
    FakeReply reply = script_(parsed.question);
    if (reply.drop) return std::nullopt;
    return reply;
  }

  void receive() {
    udp_.async_receive_from(asio::buffer(packet_), peer_, [this](error_code error, std::size_t size) {
      if (error) return;
      auto parsed = parse({packet_.begin(), packet_.begin() + static_cast<std::ptrdiff_t>(size)});
      if (!parsed) {
        const std::lock_guard lock(mutex_);
        ++malformed_;
      } else if (const auto reply = answer(*parsed)) {
        answer_udp(*parsed, *reply);
      }
      receive();
    });
  }

  void answer_udp(const Parsed& parsed, const FakeReply& reply) {
    error_code ignored;
    const auto send = [&](asio::ip::udp::socket& from, const Bytes& bytes) {
      from.send_to(asio::buffer(bytes), peer_, 0, ignored);
    };
    const auto wrong_id = static_cast<std::uint16_t>(parsed.id + 1);
    FakeReply forged = reply;
    forged.answer = {fake_txt(parsed.question.name, {"forged"})};
    if (reply.first_wrong_id) send(udp_, build(parsed, forged, wrong_id));
    for (int i = 0; i < reply.garbage_packets; ++i) send(udp_, build(parsed, forged, wrong_id));
    if (reply.first_wrong_question) {
      Parsed other = parsed;
      other.question_wire = wire_name("other.test.");
      put16(other.question_wire, parsed.question.type);
      put16(other.question_wire, 1);
      send(udp_, build(other, forged, parsed.id));
    }
    if (reply.first_from_stranger) send(stranger_, build(parsed, forged, parsed.id));
    send(udp_, build(parsed, reply, parsed.id));
  }

  struct Connection {
    explicit Connection(asio::ip::tcp::socket from) : socket(std::move(from)) {}
    asio::ip::tcp::socket socket;
    std::array<std::uint8_t, 2> prefix{};
    Bytes message;
  };

  void accept() {
    acceptor_.async_accept([this](error_code error, asio::ip::tcp::socket socket) {
      if (error) return;
      serve(std::make_shared<Connection>(std::move(socket)));
      accept();
    });
  }

  void serve(const std::shared_ptr<Connection>& connection) {
    asio::async_read(connection->socket, asio::buffer(connection->prefix),
                     [this, connection](error_code error, auto) {
                       if (error) return;
                       connection->message.resize(
                           static_cast<std::size_t>(connection->prefix[0] << 8 | connection->prefix[1]));
                       asio::async_read(connection->socket, asio::buffer(connection->message),
                                        [this, connection](error_code failed, auto) {
                                          if (!failed) answer_tcp(connection);
                                        });
                     });
  }

  void answer_tcp(const std::shared_ptr<Connection>& connection) {
    auto parsed = parse(connection->message);
    if (!parsed) {
      const std::lock_guard lock(mutex_);
      ++malformed_;
      return;
    }
    parsed->question.tcp = true;
    const auto reply = answer(*parsed);
    if (!reply) {
      open_.push_back(connection);  // the client waits
      return;
    }
    const Bytes bytes = build(*parsed, *reply, parsed->id);
    Bytes message;
    put16(message, static_cast<unsigned>(bytes.size() + (reply->cut_tcp ? 10 : 0)));
    message.insert(message.end(), bytes.begin(), bytes.end());
    error_code ignored;
    asio::write(connection->socket, asio::buffer(message), ignored);
  }

  Script script_;
  std::string address_;
  std::uint16_t port_ = 0;
  asio::io_context io_;
  asio::ip::udp::socket udp_;
  asio::ip::udp::socket stranger_;
  asio::ip::tcp::acceptor acceptor_;
  asio::ip::udp::endpoint peer_;
  std::array<std::uint8_t, 65535> packet_{};
  std::vector<std::shared_ptr<Connection>> open_;
  mutable std::mutex mutex_;
  std::vector<FakeQuestion> questions_;
  int malformed_ = 0;
  std::thread thread_;
};

FakeDnsServer::FakeDnsServer(Script script, std::string address, std::uint16_t port)
    : server_(std::make_unique<Server>(std::move(script), std::move(address), port)) {}
FakeDnsServer::~FakeDnsServer() = default;
const std::string& FakeDnsServer::address() const {
  return server_->address_text();
}
std::uint16_t FakeDnsServer::port() const {
  return server_->port();
}
std::vector<FakeQuestion> FakeDnsServer::questions() const {
  return server_->questions();
}
int FakeDnsServer::malformed_questions() const {
  return server_->malformed();
}

}  // namespace paynamed::fakes
