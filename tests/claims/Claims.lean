import Claims.Programs
import Claims.Numbers
import Claims.Structures
