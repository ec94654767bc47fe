package main

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"github.com/projectcalico/calico/felix/bpf/asm"
	"github.com/projectcalico/calico/felix/bpf/state"
)

// machine runs the policy programs that Calico's own builder makes for its BPF data plane. It knows
// the few instructions and the two helpers that they use and stops at anything else.
type machine struct {
	sets    map[uint64]*ipSet
	six     bool
	regs    [11]uint64
	stack   [512]byte
	context [128]byte
	state   []byte
}

const (
	stackBase, stateBase, contextBase = 0x1000_0000, 0x2000_0000, 0x3000_0000
	setMap, stateMap, jumpMap         = 11, 12, 13

	helperMapLookup, helperTailCall = 1, 12
)

// ipSet is one of the calculation graph's sets: ranges, or triples of address, protocol and port.
type ipSet struct {
	ranges  []netip.Prefix
	triples map[triple]bool
}

type triple struct {
	addr     netip.Addr
	protocol uint8
	port     uint16
}

var protocolNumbers = map[string]uint8{"tcp": 6, "udp": 17, "sctp": 132}

func newIPSet(members []string) (*ipSet, error) {
	set := &ipSet{triples: map[triple]bool{}}
	for _, member := range members {
		address, rest, named := strings.Cut(member, ",")
		if !named {
			prefix, err := netip.ParsePrefix(address)
			if err != nil {
				addr, addrErr := netip.ParseAddr(address)
				if addrErr != nil {
					return nil, err
				}
				prefix = netip.PrefixFrom(addr, addr.BitLen())
			}
			set.ranges = append(set.ranges, prefix)
			continue
		}
		protocol, number, _ := strings.Cut(rest, ":")
		port, err := strconv.ParseUint(number, 10, 16)
		if err != nil || protocolNumbers[protocol] == 0 {
			return nil, fmt.Errorf("set member %q", member)
		}
		addr, err := netip.ParseAddr(address)
		if err != nil {
			return nil, err
		}
		set.triples[triple{addr, protocolNumbers[protocol], uint16(port)}] = true
	}
	return set, nil
}

func (s *ipSet) contains(t triple) bool {
	for _, r := range s.ranges {
		if r.Contains(t.addr) {
			return true
		}
	}
	return s.triples[t]
}

// run executes a program and returns the state that it leaves.
func (m *machine) run(program asm.Insns, initial state.State) (state.State, error) {
	m.state = initial.AsBytes()
	m.regs = [11]uint64{1: contextBase, 10: stackBase + uint64(len(m.stack))}
	for pc, steps := 0, 0; pc < len(program); pc++ {
		if steps++; steps > 1_000_000 {
			return initial, fmt.Errorf("the program does not end")
		}
		insn := program[pc]
		op, dst, src := insn.OpCode(), insn.Dst(), insn.Src()
		imm := uint64(int64(insn.Imm()))
		switch insn.OpClass() {
		case asm.OpClassLoadImm:
			if op != asm.LoadImm64 {
				return initial, fmt.Errorf("instruction %v", insn)
			}
			high := uint64(uint32(program[pc+1].Imm()))
			m.regs[dst] = high<<32 | uint64(uint32(insn.Imm()))
			pc++
		case asm.OpClassLoadReg:
			bytes, err := m.memory(m.regs[src]+uint64(int64(insn.Off())), size(op))
			if err != nil {
				return initial, err
			}
			m.regs[dst] = load(bytes)
		case asm.OpClassStoreReg:
			bytes, err := m.memory(m.regs[dst]+uint64(int64(insn.Off())), size(op))
			if err != nil {
				return initial, err
			}
			store(bytes, m.regs[src])
		case asm.OpClassALU64, asm.OpClassALU32:
			if err := m.alu(insn, imm); err != nil {
				return initial, err
			}
		case asm.OpClassJump64, asm.OpClassJump32:
			switch op {
			case asm.Exit:
				return state.StateFromBytes(m.state), nil
			case asm.Call:
				done, err := m.call(imm)
				if err != nil {
					return initial, err
				}
				if done {
					return state.StateFromBytes(m.state), nil
				}
			case asm.JumpA:
				pc += int(insn.Off())
			default:
				jump, err := m.compare(insn, imm)
				if err != nil {
					return initial, err
				}
				if jump {
					pc += int(insn.Off())
				}
			}
		default:
			return initial, fmt.Errorf("instruction %v", insn)
		}
	}
	return initial, fmt.Errorf("the program ran off its end")
}

func (m *machine) alu(insn asm.Insn, imm uint64) error {
	dst, value := insn.Dst(), imm
	if insn.OpCode()&asm.ALUSrcReg != 0 {
		value = m.regs[insn.Src()]
	}
	result := m.regs[dst]
	switch insn.OpCode() & 0xf0 {
	case asm.ALUOpMov:
		result = value
	case asm.ALUOpAdd:
		result += value
	case asm.ALUOpAnd:
		result &= value
	case asm.ALUOpShiftL:
		result <<= value & 63
	default:
		return fmt.Errorf("instruction %v", insn)
	}
	if insn.OpClass() == asm.OpClassALU32 {
		result = uint64(uint32(result))
	}
	m.regs[dst] = result
	return nil
}

func (m *machine) compare(insn asm.Insn, imm uint64) (bool, error) {
	a, b := m.regs[insn.Dst()], imm
	if insn.OpCode()&asm.ALUSrcReg != 0 {
		b = m.regs[insn.Src()]
	}
	if insn.OpClass() == asm.OpClassJump32 {
		a, b = uint64(uint32(a)), uint64(uint32(b))
	}
	switch insn.OpCode() & 0xf0 {
	case asm.JumpOpEq:
		return a == b, nil
	case asm.JumpOpNE:
		return a != b, nil
	case asm.JumpOpGT:
		return a > b, nil
	case asm.JumpOpGE:
		return a >= b, nil
	case asm.JumpOpLT:
		return a < b, nil
	case asm.JumpOpLE:
		return a <= b, nil
	}
	return false, fmt.Errorf("instruction %v", insn)
}

// call answers a helper; done is true when the program has handed over to its allow or deny
// successor, which it says in the state first.
func (m *machine) call(helper uint64) (done bool, err error) {
	switch helper {
	case helperTailCall:
		return true, nil
	case helperMapLookup:
		switch m.regs[1] {
		case stateMap:
			m.regs[0] = stateBase
		case setMap:
			m.regs[0], err = m.lookup()
		default:
			err = fmt.Errorf("map %d", m.regs[1])
		}
		return false, err
	}
	return false, fmt.Errorf("helper %d", helper)
}

// lookup reads the key of a set as the builder lays it out: prefix length, set, address, port,
// protocol.
func (m *machine) lookup() (uint64, error) {
	width := 4
	if m.six {
		width = 16
	}
	key, err := m.memory(m.regs[2], 12+width+3)
	if err != nil {
		return 0, err
	}
	set, known := m.sets[binary.BigEndian.Uint64(key[4:12])]
	if !known {
		return 0, fmt.Errorf("no set %x", key[4:12])
	}
	addr, _ := netip.AddrFromSlice(key[12 : 12+width])
	rest := key[12+width:]
	if set.contains(triple{addr, rest[2], binary.LittleEndian.Uint16(rest)}) {
		return contextBase, nil
	}
	return 0, nil
}

func (m *machine) memory(address uint64, length int) ([]byte, error) {
	for _, region := range []struct {
		base  uint64
		bytes []byte
	}{{stackBase, m.stack[:]}, {stateBase, m.state}, {contextBase, m.context[:]}} {
		if at := address - region.base; address >= region.base && at+uint64(length) <= uint64(len(region.bytes)) {
			return region.bytes[at : at+uint64(length)], nil
		}
	}
	return nil, fmt.Errorf("address %#x", address)
}

func size(op asm.OpCode) int {
	return map[asm.OpCode]int{asm.MemOpSize8: 1, asm.MemOpSize16: 2, asm.MemOpSize32: 4, asm.MemOpSize64: 8}[op&0b000_11_000]
}

func load(bytes []byte) (value uint64) {
	for i := len(bytes) - 1; i >= 0; i-- {
		value = value<<8 | uint64(bytes[i])
	}
	return value
}

func store(bytes []byte, value uint64) {
	for i := range bytes {
		bytes[i] = byte(value >> (8 * i))
	}
}
