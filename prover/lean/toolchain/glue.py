"""Repairs the JavaScript glue of the WebAssembly build with a list of edits.

Each edit states its purpose and must apply exactly once: the glue of another build is refused, not repaired in part.
"""

import re
from dataclasses import dataclass

from prover.lean.toolchain.wasm import DYNAMIC


class GlueError(ValueError):
    """The glue is of another build; the message names the edit that does not apply."""


@dataclass(frozen=True)
class Edit:
    """The replacement of a part of the glue."""

    purpose: str
    """What holds after the edit, as a clause."""
    start: str
    """The text with which the replaced part begins."""
    end: str
    """The text before which the replaced part ends; empty if only `start` is replaced."""
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
        "the global offset table has 269 entries: only those are filled, from the symbol table, in each thread",
        "updateGOT=(exports,replace)=>{for(var symName in exports){",
        "",
        "updateGOT=(exports,replace)=>{functionsInTableMap??=new WeakMap;for(var symName in GOT){"
        "var place=GOT[symName].value===-1?symbolPlace(symName):undefined;"
        "if(place!==undefined){GOT[symName].value=place;continue}if(!(symName in exports))continue;",
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
        "a read returns a complete line before it waits for the next",
        "bytesRead++;buffer[offset+i]=result}if(bytesRead){stream.node.atime=Date.now()}return bytesRead},"
        "write(stream,buffer,offset,length,pos){if(!stream.tty||!stream.tty.ops.put_char)",
        "",
        "bytesRead++;buffer[offset+i]=result;if(result===10)break}if(bytesRead){stream.node.atime=Date.now()}"
        "return bytesRead},"
        "write(stream,buffer,offset,length,pos){if(!stream.tty||!stream.tty.ops.put_char)",
    ),
    Edit(
        "every directory of the host is mounted at its own path",
        'FS.mount(NODEFS,{root:"/home"},"/home");FS.mount(NODEFS,{root:"/tmp"},"/tmp");',
        "",
        "mountHost();",
    ),
    Edit(
        "a process that continues a saved one can do the same",
        "function preMain(){",
        "",
        "function mountHost(){"
        'for(const entry of fs.readdirSync("/",{withFileTypes:true})){'
        'if(!entry.isDirectory()||["dev","proc","sys"].includes(entry.name))continue;'
        'const top="/"+entry.name;if(!FS.analyzePath(top).exists)FS.mkdir(top);'
        "FS.mount(NODEFS,{root:top},top)}"
        "FS.chdir(process.cwd())}"
        "function preMain(){",
    ),
    Edit(
        "files are opened without Node's deprecated bindings, which its permission model refuses",
        'var flags=process.binding("constants")["fs"];',
        "",
        "var flags=fs.constants;",
    ),
    Edit(
        "a refusal of the permission model is an ordinary file system error",
        "var code=e.code;return ERRNO_CODES[code]}",
        "",
        'var code=e.code==="ERR_ACCESS_DENIED"?"EACCES":e.code;return ERRNO_CODES[code]}',
    ),
    Edit(
        "a program from the host runs instead of Lean's command line",
        "941618:$0=>{",
        "},",
        "941618:$0=>{if(leanHost.program)leanHost.start(leanParts())",
    ),
    Edit(
        "a process that continues a saved one begins with its memory",
        "function initMemory(){if(ENVIRONMENT_IS_PTHREAD){return}",
        "",
        "var leanHost;function initMemory(){if(ENVIRONMENT_IS_PTHREAD){return}"
        'leanHost=require(__dirname+"/host.js");if(leanHost.image)Module["wasmMemory"]=leanHost.image.memory();',
    ),
    Edit(
        "such a process has been initialized before it was saved",
        'wasmExports["__wasm_call_ctors"]();',
        "",
        'if(leanHost.image)leanHost.image.setGlobals(wasmExports,wasmTable);else wasmExports["__wasm_call_ctors"]();',
    ),
    Edit(
        "such a process continues where it was saved",
        "function callMain(args=[]){",
        "",
        "var leanParts=()=>({table:wasmTable,place:symbolPlace,fs,mount:mountHost,writeString:stringToUTF8,"
        "memory:wasmMemory,exports:wasmExports,threads:PThread,"
        "get words(){return(growMemViews(),HEAPU32)},get bytes(){return(growMemViews(),HEAPU8)}});"
        "function callMain(args=[]){if(leanHost.image){leanHost.resume(leanParts());return}",
    ),
)

ASSIGNMENTS = "function assignWasmExports(wasmExports){"
EXPORT = re.compile(r'(_[A-Za-z0-9_$]+)=Module\["\1"\]=wasmExports\["([^"]*)"\](\.value)?')
NAMES = re.compile(r"var (_main,[A-Za-z0-9_$,]+);")


def repair(glue: str) -> str:
    """Returns the glue without assignments of unused exports and with all edits applied.

    Raises:
        GlueError: The text that an edit replaces is missing or ambiguous.
    """
    dropped: set[str] = set()

    def is_used(statement: str) -> bool:
        match = EXPORT.fullmatch(statement)
        if match is None or not match[2].startswith(DYNAMIC):
            return True
        dropped.add(match[1])
        return False

    before, start, rest = glue.partition(ASSIGNMENTS)
    statements, end, after = rest.partition("}")
    names = NAMES.search(before)
    if names is None or not end:
        raise GlueError("the exported names are not where this version expects them; reinstall the toolchain")
    used = filter(is_used, statements.split(";"))
    glue = start + ";".join(used) + end + after
    remaining = (name for name in names[1].split(",") if name not in dropped)
    glue = before[: names.start(1)] + ",".join(remaining) + before[names.end(1) :] + glue
    glue = re.sub(r'console\.log\((?="\[DEBUG)', "void(", glue)
    for edit in EDITS:
        glue = apply(edit, glue)
    return glue


def apply(edit: Edit, glue: str) -> str:
    """Returns `glue` with one edit applied."""
    if (found := glue.count(edit.start)) != 1:
        raise GlueError(
            f"cannot repair the Lean build so that {edit.purpose}: the text to replace occurs {found} times, not once"
        )
    start = glue.index(edit.start)
    end = glue.index(edit.end, start + len(edit.start)) if edit.end else start + len(edit.start)
    return glue[:start] + edit.new + glue[end:]
