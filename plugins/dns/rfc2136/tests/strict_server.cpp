#include "strict_server.hpp"

#include <arpa/inet.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <stdexcept>

namespace paynamed::rfc2136 {
namespace {

constexpr std::uint16_t kTypeTsig = 250;
constexpr std::uint16_t kClassAny = 255;

struct Broken : std::runtime_error {
  using std::runtime_error::runtime_error;
};

void put16(WireBytes& out, std::uint64_t value) {
  out.push_back(static_cast<std::uint8_t>(value >> 8));
  out.push_back(static_cast<std::uint8_t>(value));
}
void put32(WireBytes& out, std::uint64_t value) {
  put16(out, value >> 16 & 0xffff);
  put16(out, value & 0xffff);
}
void put48(WireBytes& out, std::uint64_t value) {
  put16(out, value >> 32 & 0xffff);
  put32(out, value & 0xffffffff);
}
void put(WireBytes& out, const WireBytes& more) {
  out.insert(out.end(), more.begin(), more.end());
}
void put_name(WireBytes& out, const std::string& name) {
  for (std::size_t at = 0; at < name.size() && name != ".";) {
    const std::size_t dot = name.find('.', at);
    out.push_back(static_cast<std::uint8_t>(dot - at));
    out.insert(out.end(), name.begin() + static_cast<std::ptrdiff_t>(at),
               name.begin() + static_cast<std::ptrdiff_t>(dot));
    at = dot + 1;
  }
  out.push_back(0);
}

class Reader {
 public:
  explicit Reader(const WireBytes& wire) : wire_(wire) {}
  std::size_t at() const { return at_; }
  void to(std::size_t at) { at_ = at; }
  std::uint64_t number(int bytes) {
    std::uint64_t value = 0;
    for (int i = 0; i < bytes; ++i) value = value << 8 | byte();
    return value;
  }
  WireBytes bytes(std::size_t count) {
    WireBytes out;
    for (std::size_t i = 0; i < count; ++i) out.push_back(byte());
    return out;
  }
  std::string name() {
    std::string text;
    std::optional<std::size_t> back;
    for (int hops = 0; hops < 100; ++hops) {
      const std::uint8_t size = byte();
      if (size == 0) {
        if (back) at_ = *back;
        return text.empty() ? "." : text;
      }
      if (size >= 0xc0) {
        const std::size_t target = (size & 0x3fU) << 8 | byte();
        if (!back) back = at_;
        at_ = target;
        continue;
      }
      for (std::uint8_t i = 0; i < size; ++i) text += static_cast<char>(byte());
      text += '.';
    }
    throw Broken("a name that does not end");
  }

 private:
  std::uint8_t byte() {
    if (at_ >= wire_.size()) throw Broken("a message that is too short");
    return wire_[at_++];
  }
  const WireBytes& wire_;
  std::size_t at_ = 0;
};

WireBytes hmac(const std::string& algorithm, const WireBytes& secret, const WireBytes& data) {
  WireBytes mac(EVP_MAX_MD_SIZE);
  unsigned size = 0;
  HMAC(algorithm == "hmac-sha512." ? EVP_sha512() : EVP_sha256(), secret.data(),
       static_cast<int>(secret.size()), data.data(), data.size(), mac.data(), &size);
  mac.resize(size);
  return mac;
}

// RFC 8945 section 4.3.3.
WireBytes variables(const std::string& name, const std::string& algorithm, std::uint64_t time,
                    std::uint16_t fudge, int error, const WireBytes& other) {
  WireBytes out;
  put_name(out, name);
  put16(out, kClassAny);
  put32(out, 0);
  put_name(out, algorithm);
  put48(out, time);
  put16(out, fudge);
  put16(out, static_cast<std::uint64_t>(error));
  put16(out, other.size());
  put(out, other);
  return out;
}

SignedMessage taken_apart(const WireBytes& wire) {
  SignedMessage message;
  Reader in(wire);
  message.id = static_cast<std::uint16_t>(in.number(2));
  message.opcode = static_cast<int>(in.number(2) >> 11 & 15);
  std::uint64_t counts[4] = {};
  for (auto& count : counts) count = in.number(2);
  if (counts[0] != 1) throw Broken("not one question or zone");
  if (counts[3] == 0) throw Broken("no signature");
  in.name();
  in.number(4);
  const std::uint64_t records = counts[1] + counts[2] + counts[3];
  for (std::uint64_t i = 0; i + 1 < records; ++i) {
    in.name();
    if (in.number(2) == kTypeTsig) throw Broken("a signature that is not the last record");
    in.number(6);
    in.bytes(in.number(2));
  }
  const std::size_t begin = in.at();
  message.key_name = in.name();
  if (in.number(2) != kTypeTsig) throw Broken("no signature as the last record");
  if (in.number(2) != kClassAny || in.number(4) != 0) throw Broken("a signature of another class or TTL");
  in.number(2);
  message.algorithm = in.name();
  message.time = in.number(6);
  message.fudge = static_cast<std::uint16_t>(in.number(2));
  message.mac = in.bytes(in.number(2));
  if (in.number(2) != message.id) throw Broken("another original id");
  if (in.number(2) != 0 || in.number(2) != 0) throw Broken("an error in a request's signature");
  if (in.at() != wire.size()) throw Broken("bytes behind the signature");
  message.unsigned_wire.assign(wire.begin(), wire.begin() + static_cast<std::ptrdiff_t>(begin));
  const std::uint64_t additional = counts[3] - 1;
  message.unsigned_wire[10] = static_cast<std::uint8_t>(additional >> 8);
  message.unsigned_wire[11] = static_cast<std::uint8_t>(additional);
  return message;
}

WireBytes made(const StrictReply& reply, const SignedMessage& request, const StrictKey& key) {
  WireBytes out;
  const std::uint16_t id = reply.wrong_id ? static_cast<std::uint16_t>(request.id + 1) : request.id;
  put16(out, id);
  put16(out, 0x8000U | static_cast<unsigned>(request.opcode) << 11 | (reply.authoritative ? 0x0400U : 0U) |
                 static_cast<unsigned>(reply.rcode));
  put16(out, 1);
  put16(out, reply.answer.size());
  put32(out, 0);
  Reader in(request.unsigned_wire);
  in.to(12);
  in.name();
  out.insert(out.end(), request.unsigned_wire.begin() + 12,
             request.unsigned_wire.begin() + static_cast<std::ptrdiff_t>(in.at() + 4));
  for (const auto& record : reply.answer) put(out, record);
  if (reply.signature == Signature::kNone) return out;

  const std::string other_algorithm = key.algorithm == "hmac-sha512." ? "hmac-sha256." : "hmac-sha512.";
  const std::string name = reply.signature == Signature::kOtherName ? "other." : key.name;
  const std::string algorithm =
      reply.signature == Signature::kOtherAlgorithm ? other_algorithm : key.algorithm;
  WireBytes secret = key.secret;
  if (reply.signature == Signature::kOtherSecret) secret[0] ^= 1;
  WireBytes other;
  if (reply.server_time) put48(other, *reply.server_time);
  WireBytes request_mac = request.mac;
  if (reply.signature == Signature::kOtherRequest) request_mac[0] ^= 1;

  WireBytes digested;
  put16(digested, request_mac.size());
  put(digested, request_mac);
  put(digested, out);
  put(digested, variables(name, algorithm, request.time, 300, reply.tsig_error, other));
  WireBytes mac = hmac(algorithm, secret, digested);
  if (reply.signature == Signature::kWrongMac) mac.back() ^= 1;
  if (reply.signature == Signature::kShortMac) mac.resize(mac.size() / 2);
  if (reply.signature == Signature::kEmptyMac) mac.clear();

  WireBytes rdata;
  put_name(rdata, algorithm);
  put48(rdata, request.time);
  put16(rdata, 300);
  put16(rdata, mac.size());
  put(rdata, mac);
  put16(rdata, id);
  put16(rdata, static_cast<std::uint64_t>(reply.tsig_error));
  put16(rdata, other.size());
  put(rdata, other);
  out[11] = 1;
  put_name(out, name);
  put16(out, kTypeTsig);
  put16(out, kClassAny);
  put32(out, 0);
  put16(out, rdata.size());
  put(out, rdata);
  return out;
}

bool read_exactly(int from, std::uint8_t* out, std::size_t size) {
  for (std::size_t at = 0; at < size;) {
    const ssize_t got = recv(from, out + at, size - at, 0);
    if (got <= 0) return false;
    at += static_cast<std::size_t>(got);
  }
  return true;
}

}  // namespace

StrictServer::StrictServer(StrictKey key, Script script, const std::string& address, std::uint16_t port)
    : key_(std::move(key)), script_(std::move(script)) {
  listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  wake_ = eventfd(0, EFD_CLOEXEC);
  const int on = 1;
  setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in where{};
  where.sin_family = AF_INET;
  where.sin_port = htons(port);
  inet_pton(AF_INET, address.c_str(), &where.sin_addr);
  socklen_t size = sizeof where;
  if (bind(listener_, reinterpret_cast<sockaddr*>(&where), size) != 0 || listen(listener_, 8) != 0 ||
      getsockname(listener_, reinterpret_cast<sockaddr*>(&where), &size) != 0) {
    close(listener_);
    close(wake_);
    throw std::runtime_error("no port for the strict server at " + address);
  }
  port_ = ntohs(where.sin_port);
  thread_ = std::thread([this] { serve(); });
}

StrictServer::~StrictServer() {
  const std::uint64_t one = 1;
  if (write(wake_, &one, sizeof one) != sizeof one) std::terminate();
  thread_.join();
  close(listener_);
  close(wake_);
}

std::vector<std::string> StrictServer::complaints() const {
  const std::lock_guard lock(mutex_);
  return complaints_;
}

void StrictServer::complain(const std::string& what) {
  const std::lock_guard lock(mutex_);
  complaints_.push_back(what);
}

void StrictServer::serve() {
  while (true) {
    pollfd watched[2] = {{listener_, POLLIN, 0}, {wake_, POLLIN, 0}};
    if (poll(watched, 2, -1) < 0) continue;
    if (watched[1].revents != 0) return;
    const int connection = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (connection < 0) continue;
    // A peer that sends nothing must not hold up the end of the test.
    const timeval patience{2, 0};
    setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    answer(connection);
    close(connection);
  }
}

void StrictServer::answer(int connection) {
  std::uint8_t prefix[2] = {};
  if (!read_exactly(connection, prefix, 2)) return;
  WireBytes wire(static_cast<std::size_t>(prefix[0] << 8 | prefix[1]));
  if (!read_exactly(connection, wire.data(), wire.size())) return;
  ++messages_;
  try {
    const SignedMessage request = taken_apart(wire);
    WireBytes digested = request.unsigned_wire;
    put(digested, variables(request.key_name, request.algorithm, request.time, request.fudge, 0, {}));
    if (request.key_name != key_.name || request.algorithm != key_.algorithm) {
      complain("signed with " + request.key_name + " " + request.algorithm);
    } else if (request.mac != hmac(key_.algorithm, key_.secret, digested)) {
      complain("a wrong signature");
    }
    WireBytes framed;
    const WireBytes reply = made(script_(request), request, key_);
    put16(framed, reply.size());
    put(framed, reply);
    if (send(connection, framed.data(), framed.size(), MSG_NOSIGNAL) < 0) complain("nobody takes the answer");
  } catch (const Broken& broken) {
    complain(broken.what());
  }
}

WireBytes txt_record(const std::string& owner, const std::string& text) {
  WireBytes out;
  put_name(out, owner);
  put16(out, 16);
  put16(out, 1);
  put32(out, 60);
  put16(out, text.size() + 1);
  out.push_back(static_cast<std::uint8_t>(text.size()));
  out.insert(out.end(), text.begin(), text.end());
  return out;
}

}  // namespace paynamed::rfc2136
