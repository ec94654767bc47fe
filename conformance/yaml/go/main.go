package main
import ("bufio";"bytes";"encoding/json";"fmt";"io";"os";"k8s.io/apimachinery/pkg/runtime";"k8s.io/apimachinery/pkg/util/yaml")
func read(t string)(docs []json.RawMessage, err error){
  defer func(){ if r:=recover(); r!=nil { err=fmt.Errorf("panic %v",r)} }()
  d:=yaml.NewYAMLOrJSONDecoder(bytes.NewReader([]byte(t)),4096)
  for { ext:=runtime.RawExtension{}; if e:=d.Decode(&ext); e!=nil { if e==io.EOF {return docs,nil}; return nil,e }
    raw:=bytes.TrimSpace(ext.Raw); if len(raw)==0||bytes.Equal(raw,[]byte("null")){continue}
    var v interface{}; if e:=json.Unmarshal(raw,&v); e!=nil {return nil,e}
    docs=append(docs,json.RawMessage(raw)) }
}
func main(){
  s:=bufio.NewScanner(os.Stdin); s.Buffer(make([]byte,1<<20),1<<28); w:=bufio.NewWriter(os.Stdout); defer w.Flush()
  for s.Scan(){ var t string; if e:=json.Unmarshal(s.Bytes(),&t); e!=nil {panic(e)}
    docs,err:=read(t); var o map[string]interface{}
    if err!=nil { o=map[string]interface{}{"err":err.Error()} } else { if docs==nil {docs=[]json.RawMessage{}}; o=map[string]interface{}{"ok":docs} }
    var b bytes.Buffer; enc:=json.NewEncoder(&b); enc.SetEscapeHTML(false); enc.Encode(o); w.Write(b.Bytes()) }
}
