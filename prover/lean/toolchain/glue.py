"""Mends the JavaScript glue of the WebAssembly build, edit by edit.

Each edit names what it repairs and must apply exactly once: a glue of another build is refused
rather than half mended.
"""

import re
from dataclasses import dataclass

from prover.lean.toolchain.wasm import DYNAMIC


class GlueError(ValueError):
    """The glue is not the one these edits are for; the message names the edit."""


@dataclass(frozen=True)
class Edit:
    """One replacement, between two marks that stay or go with it."""

    why: str
    start: str
    """the text where the replaced part begins"""
    end: str
    """the text where it ends; empty when `start` alone is replaced"""
    new: str


EDITS = (
    Edit(
        "symbols are looked up in a table, not by a search through all exports",
        "var __dlsym_js=",
        "__dlsym_js.sig",
        "var leanSymbols;var symbolPlace=name=>(leanSymbols??="
        'require(__dirname+"/symbols.js")(__dirname+"/symbols.bin"))(name);'
        "var __dlsym_js=(handle,symbol)=>{var place=symbolPlace(UTF8ToString(symbol));"
        'if(place===undefined){dlSetError("unknown symbol");return 0}return place};',
    ),
    Edit(
        "the global offset table has 269 entries: only those are filled, in each thread",
        "updateGOT=(exports,replace)=>{for(var symName in exports){",
        "",
        "updateGOT=(exports,replace)=>{for(var symName in GOT){if(!(symName in exports))continue;",
    ),
    Edit(
        "threads start when they are needed",
        "var pthreadPoolSize=4;",
        "",
        "var pthreadPoolSize=0;",
    ),
    Edit(
        "standard input is bytes, read as they come and without making the pipe non-blocking",
        "var FS_stdin_getChar=()=>{",
        "var TTY=",
        "var stdinBytes=new Uint8Array(65536),stdinAt=0,stdinEnd=0;"
        "var FS_stdin_getChar=()=>{while(stdinAt>=stdinEnd){"
        "try{stdinEnd=fs.readSync(0,stdinBytes,0,stdinBytes.length)}"
        'catch(e){if(e.code==="EAGAIN"){Atomics.wait(new Int32Array(new SharedArrayBuffer(4)),0,0,1);continue}'
        'if(e.code!=="EOF")throw e;stdinEnd=0}'
        "stdinAt=0;if(stdinEnd===0)return null}return stdinBytes[stdinAt++]};",
    ),
    Edit(
        "a line is written whole, however slowly it is read: Node has made the pipe non-blocking",
        'defaultPrint=(...args)=>fs.writeSync(1,args.map(stringify).join(" ")+"\\n");',
        "",
        "const writeWhole=(fd,text)=>{const bytes=Buffer.from(text);let at=0;while(at<bytes.length){"
        "try{at+=fs.writeSync(fd,bytes,at)}"
        'catch(e){if(e.code!=="EAGAIN")throw e;Atomics.wait(new Int32Array(new SharedArrayBuffer(4)),0,0,1)}}};'
        'defaultPrint=(...args)=>writeWhole(1,args.map(stringify).join(" ")+"\\n");',
    ),
    Edit(
        "a read hands back the line it has before it waits for the next",
        "bytesRead++;buffer[offset+i]=result}if(bytesRead){stream.node.atime=Date.now()}return bytesRead},"
        "write(stream,buffer,offset,length,pos){if(!stream.tty||!stream.tty.ops.put_char)",
        "",
        "bytesRead++;buffer[offset+i]=result;if(result===10)break}if(bytesRead){stream.node.atime=Date.now()}"
        "return bytesRead},"
        "write(stream,buffer,offset,length,pos){if(!stream.tty||!stream.tty.ops.put_char)",
    ),
    Edit(
        "every directory of the host is where the host has it",
        'FS.mount(NODEFS,{root:"/home"},"/home");FS.mount(NODEFS,{root:"/tmp"},"/tmp");',
        "",
        'for(const entry of fs.readdirSync("/",{withFileTypes:true})){'
        'if(!entry.isDirectory()||["dev","proc","sys"].includes(entry.name))continue;'
        'const top="/"+entry.name;if(!FS.analyzePath(top).exists)FS.mkdir(top);'
        "FS.mount(NODEFS,{root:top},top)}",
    ),
    Edit(
        "files are opened without Node's deprecated bindings, which its permission model refuses",
        'var flags=process.binding("constants")["fs"];',
        "",
        "var flags=fs.constants;",
    ),
    Edit(
        "what the permission model refuses is an error as any other of the file system",
        "var code=e.code;return ERRNO_CODES[code]}",
        "",
        'var code=e.code==="ERR_ACCESS_DENIED"?"EACCES":e.code;return ERRNO_CODES[code]}',
    ),
    Edit(
        "a program that the host brings runs instead of Lean's command line",
        "941618:$0=>{",
        "},",
        "941618:$0=>{if(process.env.LEAN_PROGRAM)require(__dirname+'/host.js')({"
        "table:wasmTable,place:symbolPlace,fs,writeString:stringToUTF8,"
        "get words(){return(growMemViews(),HEAPU32)},get bytes(){return(growMemViews(),HEAPU8)}"
        "},JSON.parse(process.env.LEAN_PROGRAM))",
    ),
)

EXPORT = re.compile(r'(_[A-Za-z0-9_$]+)=Module\["\1"\]=wasmExports\["([^"]*)"\](\.value)?;?')
NAMES = re.compile(r"var (_main,[A-Za-z0-9_$,]+);")


def mend(glue: str) -> str:
    """The glue without its assignments of unused exports, and with every edit applied.

    Raises:
        GlueError: an edit's place is missing or ambiguous.
    """
    gone: set[str] = set()

    def drop(match: re.Match[str]) -> str:
        if not match[2].startswith(DYNAMIC):
            return match[0]
        gone.add(match[1])
        return ""

    glue = EXPORT.sub(drop, glue)
    names = NAMES.search(glue)
    if names is None:
        raise GlueError("the list of exported names is not where this version expects it; reinstall the toolchain")
    left = [name for name in names[1].split(",") if name not in gone]
    glue = glue[: names.start(1)] + ",".join(left) + glue[names.end(1) :]
    glue = re.sub(r'console\.log\((?="\[DEBUG)', "void(", glue)
    for edit in EDITS:
        glue = apply(edit, glue)
    return glue


def apply(edit: Edit, glue: str) -> str:
    """`glue` with one edit made."""
    if (found := glue.count(edit.start)) != 1:
        raise GlueError(f"cannot mend the Lean build so that {edit.why}: its place was found {found} times, not once")
    start = glue.index(edit.start)
    end = glue.index(edit.end, start + len(edit.start)) if edit.end else start + len(edit.start)
    return glue[:start] + edit.new + glue[end:]
